// Several statements at once: how confident each must be for all of them to hold together.

import Units

/// The confidence of each of several intervals that hold together with some confidence, by
/// Bonferroni's inequality.
///
/// - Precondition: `intervals` > 0.
package func bonferroniConfidence(_ confidence: Double, intervals: Int) -> Double {
  precondition(intervals > 0, "\(intervals) intervals")
  return 1 - (1 - confidence) / Double(intervals)
}

/// Holm's adjusted p values (S. Holm, "A simple sequentially rejective multiple test procedure",
/// 1979): those below a level are rejected together at that level.
///
/// - Returns: one value for each, in the given order.
package func holmAdjusted(_ pValues: [Double]) -> [Double] {
  let ascending = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
  var adjusted = pValues
  var largest = 0.0
  for (rank, index) in ascending.enumerated() {
    largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}

/// The bounds of Wald's sequential test for the logarithm of the likelihood ratio (A. Wald,
/// "Sequential tests of statistical hypotheses", 1945): the alternative is accepted above the
/// interval, the hypothesis below it.
///
/// - Precondition: `alpha` and `beta` lie between 0 and 1 and sum to less than 1.
package func waldBounds(alpha: Double, beta: Double) -> Interval {
  precondition(alpha > 0 && beta > 0 && alpha + beta < 1, "levels \(alpha) and \(beta)")
  return Interval(
    naturalLogarithm(beta / (1 - alpha)), naturalLogarithm((1 - beta) / alpha))
}
