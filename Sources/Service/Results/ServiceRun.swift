// Everything that a simulated service leaves behind: what became of each request, and what its
// pools did over time. Figures are derived from it in `ServiceFigures`.

import Recording
import Serving
import Units

/// The raw results of a service.
package struct ServiceRun: Sendable {
  /// The requests in the order of arrival.
  package var requests: [ServiceRequest]
  /// What became of each.
  package var outcomes: [RequestOutcome]
  /// Gaps between the moments at which a request's tokens were shown, pooled, by class.
  package var gaps: [GapHistogram]
  /// The pools in the order of the scenario.
  package var pools: [PoolUse]
  /// The state of the service at regular intervals.
  package var samples: [ServiceSample]
  /// Moments at which tokens of each request were shown; empty unless they are kept.
  package var moments: [[SimTime]] = []
  /// How the surfaces of step times came about, by pool.
  package var surfaces: [SurfaceStatistics] = []
  /// Bytes of caches sent from prefill to decode.
  package var transferredBytes = 0.0
  /// When the last event happened, or the service was stopped before.
  package var end: SimTime
  /// A hash over the executed events, in hexadecimal.
  package var fingerprint: String

  package init(
    requests: [ServiceRequest], outcomes: [RequestOutcome], gaps: [GapHistogram],
    pools: [PoolUse], samples: [ServiceSample] = [], moments: [[SimTime]] = [], end: SimTime,
    fingerprint: String
  ) {
    self.requests = requests
    self.outcomes = outcomes
    self.gaps = gaps
    self.pools = pools
    self.samples = samples
    self.moments = moments
    self.end = end
    self.fingerprint = fingerprint
  }
}
