// What several seeds gave, in two numbers.

/// A mean over seeds, and how far they lie from each other.
package struct SeedSpread: Equatable, Sendable {
  /// The mean over seeds.
  package var mean: Double
  /// The largest minus the smallest.
  package var range: Double

  /// - Precondition: there is a value.
  package init(_ values: [Double]) {
    mean = values.reduce(0, +) / Double(values.count)
    range = (values.max() ?? 0) - (values.min() ?? 0)
  }
}
