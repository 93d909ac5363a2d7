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

  /// The replications after which the interval's half width is about as asked: (t sd / h)^2, with
  /// the t of this pilot sample.
  ///
  /// - Returns: nil for fewer than two values.
  /// - Precondition: `halfWidth` > 0 and 0 < `confidence` < 1.
  package func replicationsNeeded(halfWidth: Double, confidence: Double) -> Double? {
    precondition(halfWidth > 0, "a half width of \(halfWidth) is not positive")
    guard count > 1 else { return nil }
    let ratio =
      Self.tQuantile(confidence: confidence, degrees: count - 1) * standardDeviation / halfWidth
    return max(2, (ratio * ratio).rounded(.up))
  }

  /// The two-sided quantile of Student's t.
  package static func tQuantile(confidence: Double, degrees: Int) -> Double {
    studentQuantile((1 + confidence) / 2, degrees: Double(degrees))
  }

  /// The mean of the differences of paired values: replications of two alternatives with common
  /// random numbers.
  ///
  /// - Precondition: both have the same number of values.
  package static func ofDifferences(_ first: [Double], minus second: [Double]) -> SampleMean {
    precondition(first.count == second.count, "\(first.count) values, \(second.count) partners")
    return SampleMean(zip(first, second).map { $0 - $1 })
  }

  /// The means of equal batches of one long run, for a service in a steady state.
  ///
  /// Values left over after the last whole batch are left out. Batches must be long enough to be
  /// nearly independent, and at least 20 of them give a t interval that can be trusted.
  ///
  /// - Parameters:
  ///   - values: of the whole run, in order.
  ///   - batches: number of batches.
  ///   - warmUp: values of the warm-up, cut from the start.
  /// - Precondition: there is a value for each batch.
  package static func ofBatches(
    _ values: [Double], batches: Int, skipping warmUp: Int = 0
  ) -> SampleMean {
    let length = (values.count - warmUp) / max(batches, 1)
    precondition(batches > 0 && warmUp >= 0 && length > 0, "\(batches) batches are too many")
    return SampleMean(
      (0..<batches).map { batch in
        let start = warmUp + batch * length
        return values[start..<start + length].reduce(0, +) / Double(length)
      })
  }
}
