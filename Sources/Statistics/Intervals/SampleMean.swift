// The mean of independent replications and how well it is known, by Student's t. The interval of
// the mean narrows with more replications; the range of single runs (SampleQuantile) does not.

import Numerics

/// A sample's mean and spread.
package struct SampleMean: Hashable, Sendable {
  /// Number of values.
  package var count: Int
  /// The mean; 0 without values.
  package var mean: Double
  /// The standard deviation, with `count` - 1 degrees of freedom; 0 for fewer than two values.
  package var standardDeviation: Double

  /// Summarises values, in their order, in two passes.
  package init(_ values: [Double]) {
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    count = values.count
    self.mean = mean
    standardDeviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : 0
  }

  /// The standard error of the mean; infinite for fewer than two values.
  package var standardError: Double {
    count > 1 ? standardDeviation / Double(count).squareRoot() : .infinity
  }

  /// The two-sided confidence interval of the mean, for values near enough to normal; the whole
  /// line for fewer than two values.
  ///
  /// - Precondition: 0 < `confidence` < 1.
  package func interval(confidence: Double) -> Interval {
    guard count > 1 else { return Interval(-.infinity, .infinity) }
    let half = Self.tQuantile(confidence: confidence, degrees: count - 1) * standardError
    return Interval(mean - half, mean + half)
  }

  /// The two-sided quantile of Student's t.
  package static func tQuantile(confidence: Double, degrees: Int) -> Double {
    studentQuantile((1 + confidence) / 2, degrees: Double(degrees))
  }
}
