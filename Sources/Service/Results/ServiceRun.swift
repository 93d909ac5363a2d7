// Everything that a simulated service leaves behind: what became of each request, and what its
// pools did over time.

import Recording
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
  /// When the last event happened.
  package var end: SimTime
  /// A hash over the executed events, in hexadecimal.
  package var fingerprint: String
}

/// What a pool of instances did.
package struct PoolUse: Sendable {
  /// `prefill`, `decode` or `colocated`.
  package var name: String
  /// GPUs of a unit, and the units at the start.
  package var gpusPerUnit: Int
  package var units: Int
  /// GPU-seconds for which units were part of the pool, failed or not.
  package var heldGPUSeconds = 0.0
  /// GPU-seconds for which a step of their unit ran.
  package var busyGPUSeconds = 0.0
  /// Steps of units.
  package var steps = 0
  /// Prompt tokens computed, again after a preemption or a failure included.
  package var computedPromptTokens = 0
  /// Prompt tokens found in a prefix cache instead.
  package var cachedPromptTokens = 0
  /// Output tokens made here.
  package var outputTokens = 0
  package var preemptions = 0
  /// Token-seconds of KV cache in use and available, over all instances.
  package var usedTokenSeconds = 0.0
  package var availableTokenSeconds = 0.0
  /// The largest share of an instance's KV cache that was in use.
  package var peakUse = 0.0
  /// Sums over steps of the largest and of the mean time of a unit's instances, seconds: their
  /// ratio is what waiting for the slowest costs.
  package var slowestSeconds = 0.0
  package var meanSeconds = 0.0
}

/// The state of the service at one moment, and what happened since the last one.
package struct ServiceSample: Hashable, Sendable {
  /// The end of the interval.
  package var time: SimTime
  package var arrived = 0
  package var finished = 0
  package var rejected = 0
  package var lost = 0
  /// Output tokens shown.
  package var outputTokens = 0
  /// Requests in each state at the end of the interval.
  package var running = 0
  package var queued = 0
  /// Share of all KV caches in use at the end of the interval.
  package var cacheUse = 0.0
  /// Units that are up.
  package var unitsUp = 0
}
