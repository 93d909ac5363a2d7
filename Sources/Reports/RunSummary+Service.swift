// What only services have in the machine-readable summary: requests by state and reason, pools, and
// the time series.

import Recording
import Units

extension RunSummary {
  /// Returns the members of a service's JSON; none for other questions.
  static func service(_ record: RunRecord) -> [(name: String, value: JSONValue)] {
    guard record.value(.requestsArrived) != nil else { return [] }
    func count(_ kind: MetricKind) -> JSONValue { .integer(Int64(record.value(kind) ?? 0)) }
    let requests: [(name: String, value: JSONValue)] = [
      ("arrived", count(.requestsArrived)), ("finished", count(.requestsFinished)),
      ("rejected", count(.requestsRejected)), ("running", count(.requestsRunning)),
      ("queued", count(.requestsQueued)), ("lost", count(.requestsLost)),
      (
        "rejected_by_reason",
        .object([
          ("too_long", count(.requestsTooLong)), ("never_fits", count(.requestsNeverFitting)),
          ("queue_full", count(.requestsQueueFull)),
        ])
      ),
      (
        "lost_by_reason",
        .object([
          ("instance_failed", count(.requestsFailed)), ("timeout", count(.requestsTimedOut)),
        ])
      ),
    ]
    return [
      (name: "requests", value: .object(requests)),
      (name: "pools", value: .array(record.pools.map(pool))),
      (name: "time_series", value: .array(record.samples.map(sample))),
    ]
  }

  private static func pool(_ pool: PoolUse) -> JSONValue {
    [
      "name": pool.name, "gpus_per_unit": pool.gpusPerUnit, "units": pool.units,
      "held_gpu_s": pool.heldGPUSeconds, "busy_gpu_s": pool.busyGPUSeconds,
      "free_gpu_s": pool.freeGPUSeconds, "steps": pool.steps,
      "computed_prompt_tokens": pool.computedPromptTokens,
      "cached_prompt_tokens": pool.cachedPromptTokens, "output_tokens": pool.outputTokens,
      "preemptions": pool.preemptions, "kv_max": pool.peakUse,
      "queued_request_s": pool.queuedRequestSeconds, "rebalancings": pool.rebalancings,
      "moved_expert_bytes": pool.movedExpertBytes, "standstill_s": pool.standstillSeconds,
    ]
  }

  private static func sample(_ sample: ServiceSample) -> JSONValue {
    [
      "time_s": sample.time.seconds, "arrived": sample.arrived, "finished": sample.finished,
      "rejected": sample.rejected, "lost": sample.lost, "output_tokens": sample.outputTokens,
      "running": sample.running, "queued": sample.queued, "kv_use": sample.cacheUse,
      "units_up": sample.unitsUp,
    ]
  }
}
