// Scores of predictions with intervals, and their summary over rows.

import Numerics
import Statistics

/// The score of one prediction with its interval, in logarithms.
package struct Score: Equatable, Sendable {
  /// ln(simulated / published).
  package var error: Double
  /// Half of the interval's width in ln; nil without an interval.
  package var halfWidth: Double?
  /// Whether the published figure lies in the interval; nil without one.
  package var isInside: Bool?
  /// The interval score (T. Gneiting, A. Raftery, 2007) at 90 %; nil without an interval.
  package var interval: Double?

  /// Scores a value against a published one.
  ///
  /// - Precondition: all numbers are positive.
  package init(_ simulated: Double, _ interval: ClosedRange<Double>?, published: Double) {
    precondition(simulated > 0 && published > 0 && (interval?.lowerBound ?? 1) > 0)
    error = logarithm(simulated / published)
    guard let interval else { return }
    let width = logarithm(interval.upperBound / interval.lowerBound)
    halfWidth = width / 2
    isInside = interval.contains(published)
    self.interval =
      width + Self.penalty
      * max(
        0, logarithm(interval.lowerBound / published), logarithm(published / interval.upperBound))
  }

  /// 2 / (1 - 0.9): what a miss costs in units of the width.
  private static let penalty = 20.0
}

/// Errors and coverage of some rows, each with a weight.
package struct ScoreSummary: Sendable {
  /// A scored row.
  package struct Row: Sendable {
    package var score: Score
    /// Its share in means, of any positive size.
    package var weight: Double

    package init(_ score: Score, weight: Double = 1) {
      self.score = score
      self.weight = weight
    }
  }

  /// Rows inside their interval, of those that have one.
  package let share: Share
  /// The same with the rows' weights; nil without such rows.
  package let coverage: Double?
  /// Exact interval of the coverage at 95 %; nil without such rows.
  package let coverageInterval: Interval?
  /// The median of the errors' magnitudes; nil without rows, as below.
  package let medianError: Double?
  /// Their mean.
  package let meanError: Double?
  /// Their 90 % quantile.
  package let upperError: Double?
  /// Mean of the errors with their signs.
  package let bias: Double?
  /// The median half-width of the rows with an interval, in ln.
  package let medianHalfWidth: Double?
  /// The mean interval score of these rows.
  package let meanScore: Double?

  /// Summarises rows, in any order.
  package init(_ rows: [Row]) {
    let judged = rows.filter { $0.score.isInside != nil }
    share = Share(judged.count { $0.score.isInside == true }, of: judged.count)
    coverage = Self.mean(judged) { $0.isInside == true ? 1 : 0 }
    coverageInterval = judged.isEmpty ? nil : share.clopperPearson(confidence: 0.95)
    let sizes = rows.map { (value: $0.score.error.magnitude, weight: $0.weight) }
    medianError = Self.quantile(sizes, 0.5)
    meanError = Self.mean(rows) { $0.error.magnitude }
    upperError = Self.quantile(sizes, 0.9)
    bias = Self.mean(rows) { $0.error }
    medianHalfWidth = Self.quantile(
      judged.map { (value: $0.score.halfWidth ?? 0, weight: $0.weight) }, 0.5)
    meanScore = Self.mean(judged) { $0.interval ?? 0 }
  }

  private static func mean(_ rows: [Row], _ value: (Score) -> Double) -> Double? {
    let weight = rows.reduce(0) { $0 + $1.weight }
    return weight > 0 ? rows.reduce(0) { $0 + $1.weight * value($1.score) } / weight : nil
  }

  /// The quantile of weighted values, between neighbours in proportion; of equal weights it is the
  /// usual one, with which the median of an even number is the mean of the middle two.
  static func quantile(_ values: [(value: Double, weight: Double)], _ share: Double) -> Double? {
    let sorted = values.sorted { $0.value < $1.value }
    guard let first = sorted.first, let last = sorted.last else { return nil }
    let target =
      share * (sorted.reduce(0) { $0 + $1.weight } - (first.weight + last.weight) / 2)
    var passed = 0.0
    for (left, right) in zip(sorted, sorted.dropFirst()) {
      let step = (left.weight + right.weight) / 2
      if passed + step >= target {
        return left.value + (right.value - left.value) * max(0, target - passed) / step
      }
      passed += step
    }
    return last.value
  }
}
