// An interval of values: a confidence interval of a mean, or the range of single observations.

/// A closed interval.
package struct Interval: Hashable, Sendable {
  /// The lower end.
  package var low: Double
  /// The upper end.
  package var high: Double

  /// - Precondition: `low` is not above `high`.
  package init(_ low: Double, _ high: Double) {
    precondition(low <= high, "an interval from \(low) to \(high) is empty")
    self.low = low
    self.high = high
  }

  /// Whether a value lies in the interval, ends included.
  package func contains(_ value: Double) -> Bool { low <= value && value <= high }

  /// Whether two intervals have a value in common.
  package func overlaps(_ other: Interval) -> Bool { low <= other.high && other.low <= high }
}
