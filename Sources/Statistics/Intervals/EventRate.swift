// The rate of rare events from a count and the time under observation.

import Numerics

/// Events counted over an exposure, such as node-hours.
package struct EventRate: Hashable, Sendable {
  /// Number of events.
  package var count: Int
  /// Time under observation, of all that could fail together.
  package var exposure: Double

  /// - Precondition: `count` is not negative and `exposure` is positive.
  package init(count: Int, exposure: Double) {
    precondition(count >= 0 && exposure > 0, "\(count) events in \(exposure)")
    self.count = count
    self.exposure = exposure
  }

  /// The estimated rate: events per unit of exposure.
  package var rate: Double { Double(count) / exposure }

  /// The exact interval of a Poisson process's rate: chi-squared quantiles over twice the
  /// exposure (F. Garwood, 1936).
  ///
  /// - Precondition: 0 < `confidence` < 1.
  package func interval(confidence: Double) -> Interval {
    let tail = (1 - confidence) / 2
    let low = count == 0 ? 0 : chiSquaredQuantile(tail, degrees: Double(2 * count)) / 2
    let high = chiSquaredQuantile(1 - tail, degrees: Double(2 * count + 2)) / 2
    return Interval(low / exposure, high / exposure)
  }
}
