// Interpolation between measured points.

/// Shepard's inverse-distance interpolation, with weights of distance to the power of -4.
///
/// The result is exact at measured points and never outside the range of the values.
///
/// - Parameters:
///   - points: coordinates and value of each measurement.
///   - target: the coordinates of the estimate.
/// - Precondition: there is at least one point, and all coordinates have the same dimension.
/// - Complexity: linear in the number of points.
package func inverseDistanceMean(
  of points: [(coordinates: [Double], value: Double)], at target: [Double]
) -> Double {
  precondition(
    points.allSatisfy { $0.coordinates.count == target.count }, "the dimensions differ")
  return inverseDistanceMean(
    of: points.map(\.value), at: points.flatMap(\.coordinates), to: target)
}

/// The same for many estimates from the same measurements.
///
/// - Parameters:
///   - values: value of each measurement.
///   - coordinates: `[values, dimensions]`.
///   - target: the coordinates of the estimate.
/// - Precondition: there is at least one value, and coordinates for each.
/// - Complexity: linear in the number of points.
package func inverseDistanceMean(
  of values: [Double], at coordinates: [Double], to target: [Double]
) -> Double {
  let dimensions = target.count
  precondition(!values.isEmpty, "there are no points to interpolate")
  precondition(coordinates.count == values.count * dimensions, "the dimensions differ")
  return coordinates.withUnsafeBufferPointer { coordinates in
    var weights = 0.0
    var sum = 0.0
    for (index, value) in values.enumerated() {
      var squaredDistance = 0.0
      for dimension in 0..<dimensions {
        let difference = coordinates[index * dimensions + dimension] - target[dimension]
        squaredDistance += difference * difference
      }
      if squaredDistance == 0 { return value }
      let weight = 1 / (squaredDistance * squaredDistance)
      weights += weight
      sum += weight * value
    }
    return sum / weights
  }
}
