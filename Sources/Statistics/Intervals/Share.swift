// The share of trials that succeed, and its confidence intervals.

import Numerics

/// Successes among independent trials.
package struct Share: Hashable, Sendable {
  /// Trials that succeeded.
  package var successes: Int
  /// All trials.
  package var trials: Int

  /// - Precondition: 0 <= `successes` <= `trials`.
  package init(_ successes: Int, of trials: Int) {
    precondition(0 <= successes && successes <= trials, "\(successes) of \(trials) succeeded")
    self.successes = successes
    self.trials = trials
  }

  /// The share; 0 without trials.
  package var value: Double { trials == 0 ? 0 : Double(successes) / Double(trials) }

  /// The exact interval (C. Clopper, E. Pearson, 1934): it covers the true share at least as often
  /// as it says.
  ///
  /// - Precondition: 0 < `confidence` < 1.
  package func clopperPearson(confidence: Double) -> Interval {
    let tail = (1 - confidence) / 2
    let (successes, failures) = (Double(successes), Double(trials - self.successes))
    return Interval(
      successes == 0 ? 0 : betaQuantile(tail, successes, failures + 1),
      failures == 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures))
  }

  /// The score interval (E. Wilson, 1927): narrower, right on average. Everything without trials.
  ///
  /// - Precondition: 0 < `confidence` < 1.
  package func wilson(confidence: Double) -> Interval {
    guard trials > 0 else { return Interval(0, 1) }
    let (n, z) = (Double(trials), normalQuantile((1 + confidence) / 2))
    let centre = (value + z * z / (2 * n)) / (1 + z * z / n)
    let half =
      z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
    return Interval(
      successes == 0 ? 0 : max(0, centre - half), successes == trials ? 1 : min(1, centre + half))
  }
}
