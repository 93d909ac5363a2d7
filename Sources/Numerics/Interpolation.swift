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
  precondition(!points.isEmpty, "there are no points to interpolate")
  var weights = 0.0
  var sum = 0.0
  for point in points {
    precondition(point.coordinates.count == target.count, "the dimensions differ")
    var squaredDistance = 0.0
    for (a, b) in zip(point.coordinates, target) { squaredDistance += (a - b) * (a - b) }
    if squaredDistance == 0 { return point.value }
    let weight = 1 / (squaredDistance * squaredDistance)
    weights += weight
    sum += weight * point.value
  }
  return sum / weights
}
