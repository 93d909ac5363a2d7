// Quantiles of a sample: the range of one run, which more replications make surer but not narrower.

import Numerics

/// The quantile of a sample, linear between order statistics (definition 7 of R. Hyndman, Y. Fan,
/// "Sample quantiles in statistical packages", 1996).
///
/// - Precondition: there are values, and 0 <= `probability` <= 1.
package func sampleQuantile(_ values: [Double], _ probability: Double) -> Double {
  precondition(!values.isEmpty && (0...1).contains(probability), "no quantile \(probability)")
  let sorted = values.sorted()
  let position = probability * Double(sorted.count - 1)
  let index = min(Int(position), sorted.count - 1)
  let next = min(index + 1, sorted.count - 1)
  return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
}

/// The order statistics that enclose a quantile of any distribution.
package struct QuantileRanks: Hashable, Sendable {
  /// Rank of the lower order statistic, from 1; 0 if no value of the sample is low enough.
  package var low: Int
  /// Rank of the upper order statistic; one more than the sample's size if none is high enough.
  package var high: Int
  /// The probability that the quantile lies between them.
  package var coverage: Double

  /// The innermost ranks that leave out at most half the rest of the confidence on each side.
  ///
  /// - Precondition: `count` > 0, and `probability` and `confidence` lie between 0 and 1.
  package init(of probability: Double, count: Int, confidence: Double) {
    precondition(count > 0, "an empty sample has no quantiles")
    let tail = (1 - confidence) / 2
    func atMost(_ rank: Int) -> Double {
      rank < 0 ? 0 : binomialProbability(atMost: rank, of: count, probability: probability)
    }
    var low = 0
    while low < count, atMost(low) <= tail { low += 1 }
    var high = low + 1
    while high <= count, atMost(high - 1) < 1 - tail { high += 1 }
    self.low = low
    self.high = high
    coverage = atMost(high - 1) - atMost(low - 1)
  }
}
