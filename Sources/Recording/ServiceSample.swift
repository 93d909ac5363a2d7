// The state of a service over time: its time series.

import Units

/// The state of the service at one moment, and what happened since the last one.
package struct ServiceSample: Hashable, Sendable {
  /// The end of the interval.
  package var time: SimTime
  /// Requests that arrived in the interval.
  package var arrived = 0
  /// Requests that finished in it.
  package var finished = 0
  /// Requests that were rejected in it.
  package var rejected = 0
  /// Requests that were lost in it.
  package var lost = 0
  /// Output tokens shown in it.
  package var outputTokens = 0
  /// Requests that run at the end of the interval.
  package var running = 0
  /// Requests that wait, are transferred or are to be retried at the end of the interval.
  package var queued = 0
  /// Share of all KV caches in use at the end of the interval.
  package var cacheUse = 0.0
  /// Units that are up.
  package var unitsUp = 0

  package init(time: SimTime) { self.time = time }
}
