// Interpolation between measured shapes: inverse-distance weights in the logarithms of the extents.
//
// Exact at measured points and bounded by the measured range everywhere; the only tuning constant
// is the power of the distance. Valid near the measured shapes; far away it tends to the mean of
// the nearest ones. Tests print the leave-one-out error.

import Numerics

/// Values known at a few shapes, interpolated at others.
struct ShapeTable: Sendable {
  /// One measured value at a point of log2 extents.
  struct Point: Sendable {
    /// log2 of each extent.
    var coordinates: [Double]
    /// The measured value.
    var value: Double
  }

  /// The measured shapes, in the order of the measurements.
  let points: [Point]
  /// The same without structure: values, and coordinates `[points, dimensions]`.
  private let values: [Double]
  private let coordinates: [Double]

  /// - Precondition: at least one point; all of the same dimension.
  init(points: [Point]) {
    precondition(!points.isEmpty, "a table of measurements needs a row")
    self.points = points
    values = points.map(\.value)
    coordinates = points.flatMap(\.coordinates)
  }

  /// The value at `coordinates` (log2 of the extents).
  ///
  /// - Complexity: linear in the number of points.
  func value(at coordinates: [Double]) -> Double {
    inverseDistanceMean(of: values, at: self.coordinates, to: coordinates)
  }

  /// log2 of whole extents.
  static func coordinates(_ extents: Int...) -> [Double] { extents.map { log2(Double($0)) } }
}
