// Interpolation between measured points. The only mathematics of the kernel-time model.

import Glibc

/// Base-2 logarithm, for coordinates that span powers of two.
public func log2(_ value: Double) -> Double { Glibc.log2(value) }

/// The exponential function.
public func exponential(_ value: Double) -> Double { Glibc.exp(value) }

/// The cosine of an angle in whole turns.
public func cosine(turns: Double) -> Double { Glibc.cos(2 * Double.pi * turns) }

/// Hyperbolic tangent.
public func hyperbolicTangent(_ value: Double) -> Double { Glibc.tanh(value) }

/// The mean of measured values, weighted by the inverse fourth power of their distance (Shepard).
///
/// Exact at measured points and never outside the range of the values.
///
/// - Parameters:
///   - points: coordinates and value of each measurement; all of one dimension.
///   - target: where to estimate.
/// - Precondition: at least one point.
/// - Complexity: linear in the number of points.
public func inverseDistanceMean(
  of points: [(coordinates: [Double], value: Double)], at target: [Double]
) -> Double {
  precondition(!points.isEmpty, "interpolation needs a point")
  var weights = 0.0
  var sum = 0.0
  for point in points {
    precondition(point.coordinates.count == target.count, "points differ in dimension")
    var squaredDistance = 0.0
    for (a, b) in zip(point.coordinates, target) { squaredDistance += (a - b) * (a - b) }
    if squaredDistance == 0 { return point.value }
    let weight = 1 / (squaredDistance * squaredDistance)
    weights += weight
    sum += weight * point.value
  }
  return sum / weights
}
