// A summary of results over several seeds.

/// The mean and the range over seeds.
package struct SeedSpread: Equatable, Sendable {
  /// The mean over seeds.
  package var mean: Double
  /// The largest minus the smallest.
  package var range: Double

  /// - Precondition: `values` is not empty.
  package init(_ values: [Double]) {
    mean = values.reduce(0, +) / Double(values.count)
    range = (values.max() ?? 0) - (values.min() ?? 0)
  }
}
