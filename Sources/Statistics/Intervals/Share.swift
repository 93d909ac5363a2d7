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
}
