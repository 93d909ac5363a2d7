// What the pools of a service did, summed over a run.

/// What a pool of instances did.
package struct PoolUse: Hashable, Sendable {
  /// `prefill`, `decode` or `colocated`.
  package var name: String
  /// GPUs of a unit.
  package var gpusPerUnit: Int
  /// Units at the start.
  package var units: Int
  /// GPU-seconds for which units were part of the pool, failed or not.
  package var heldGPUSeconds = 0.0
  /// GPU-seconds for which a step of their unit ran.
  package var busyGPUSeconds = 0.0
  /// GPU-seconds for which the timetable left units to other work.
  package var freeGPUSeconds = 0.0
  /// Steps of units.
  package var steps = 0
  /// Prompt tokens computed, again after a preemption or a failure included.
  package var computedPromptTokens = 0
  /// Prompt tokens found in a prefix cache instead.
  package var cachedPromptTokens = 0
  /// Prompt tokens loaded from host memory: part of those found.
  package var hostPromptTokens = 0
  /// Prompt tokens loaded from the store of the pool: part of those found.
  package var storePromptTokens = 0
  /// Output tokens made here.
  package var outputTokens = 0
  /// Requests that gave back their KV cache here before they ended, each time.
  package var preemptions = 0
  /// Token-seconds of KV cache in use, over all instances.
  package var usedTokenSeconds = 0.0
  /// Token-seconds of KV cache of all instances that were up.
  package var availableTokenSeconds = 0.0
  /// The largest share of an instance's KV cache that was in use.
  package var peakUse = 0.0
  /// Request-seconds of waiting for this pool: in its queues, or for a place in its KV caches.
  package var queuedRequestSeconds = 0.0
  /// Sum over steps, of those with prompts every fourth, of the largest time of a unit's instances,
  /// seconds.
  package var slowestSeconds = 0.0
  /// Sum over the same steps of the time if its instances shared the load evenly: the ratio of both
  /// is what waiting for the slowest costs.
  package var evenSeconds = 0.0
  /// Times that experts were placed anew; all units of a pool move together.
  package var rebalancings = 0
  /// Bytes of experts that changed their GPU, over all units.
  package var movedExpertBytes = 0.0
  /// Unit-seconds for which steps stood still while experts moved.
  package var standstillSeconds = 0.0
  /// Integral over time of the imbalance of drifting experts: rows of the most loaded GPU / mean. 0
  /// for loads that do not drift.
  package var imbalanceSeconds = 0.0
  /// The same under the placement of the start.
  package var firstImbalanceSeconds = 0.0

  package init(name: String, gpusPerUnit: Int, units: Int) {
    self.name = name
    self.gpusPerUnit = gpusPerUnit
    self.units = units
  }
}
