// The metrics of a service. Latencies count finished requests that arrived in the window, from
// their arrival on; rejected and lost requests are counted apart, and have no latency.

extension MetricKind {
  /// Every metric of a service, in the order of JSON, CSV and summaries.
  package static let service =
    requestCounts + latency + steadiness + objectives + throughput + use + generation + bill

  // MARK: Requests, all of the run: the six states sum to those that arrived

  private static let requestCounts = [
    simulatedTime, requestsArrived, requestsFinished, requestsRejected, requestsTooLong,
    requestsNeverFitting, requestsQueueFull, requestsLost, requestsFailed, requestsTimedOut,
    requestsRunning, requestsQueued, requestsMeasured,
  ]
  package static let simulatedTime = MetricKind(
    "simulated_s", .second, label: "simulated time", in: .yield,
    "from the start of the clock to the last event, or to the stop")
  package static let requestsArrived = MetricKind(
    "requests_arrived", .request, "requests that arrived, in the whole run")
  package static let requestsFinished = MetricKind(
    "requests_finished", .request, "requests whose tokens were all shown")
  package static let requestsRejected = MetricKind(
    "requests_rejected", .request, "requests that were never served")
  package static let requestsTooLong = MetricKind(
    "requests_rejected_too_long", .request, label: "rejected: too long",
    "rejected: prompt and output exceed the longest sequence")
  package static let requestsNeverFitting = MetricKind(
    "requests_rejected_never_fits", .request, label: "rejected: never fits",
    "rejected: the request alone exceeds the KV cache of an instance")
  package static let requestsQueueFull = MetricKind(
    "requests_rejected_queue_full", .request, label: "rejected: queue full",
    "rejected: the queue had its maximum length")
  package static let requestsLost = MetricKind(
    "requests_lost", .request, "requests that were dropped after they had been accepted")
  package static let requestsFailed = MetricKind(
    "requests_lost_instance_failed", .request, label: "lost: instance failed",
    "lost: a unit that held the request failed, and no rule retried it")
  package static let requestsTimedOut = MetricKind(
    "requests_lost_timeout", .request, label: "lost: timeout",
    "lost: the request waited longer than its limit")
  package static let requestsRunning = MetricKind(
    "requests_running", .request, "requests that were running when the simulation stopped")
  package static let requestsQueued = MetricKind(
    "requests_queued", .request,
    "requests that waited, were transferred or were to be retried when the simulation stopped")
  package static let requestsMeasured = MetricKind(
    "requests_measured", .request,
    "finished requests that arrived in the window: those that latencies count")

  // MARK: Latency of these requests: mean, std, min, max and percentiles

  private static let latency = [
    timeToFirstToken, requestTimePerToken, timePerTokenWithFirst, interTokenLatency, endToEnd,
    queueing, interactivity, endToEndInteractivity,
  ]
  package static let timeToFirstToken = MetricKind(
    "ttft_s", .second, label: "TTFT", "first token shown - arrival")
  package static let requestTimePerToken = MetricKind(
    "request_tpot_s", .second, label: "TPOT of a request",
    "(last token - first token) / (tokens - 1), of requests with 2 tokens or more; also the mean"
      + " ITL of a request")
  package static let timePerTokenWithFirst = MetricKind(
    "tpot_with_first_s", .second, label: "TPOT with the first token",
    "(last token - arrival) / tokens")
  package static let interTokenLatency = MetricKind(
    "itl_s", .second, label: "ITL, pooled",
    "gaps between the moments at which a request's tokens are shown, of all requests of the run"
      + " together; with drafts a moment shows several; percentiles to 0.1 %")
  package static let endToEnd = MetricKind(
    "e2e_s", .second, label: "E2E", "last token - arrival")
  package static let queueing = MetricKind(
    "queueing_s", .second, label: "queueing", "start of the first step with it - arrival")
  package static let interactivity = MetricKind(
    "interactivity_tokens_per_s_per_user", .tokenPerSecondPerUser, label: "interactivity",
    "1 / TPOT of a request")
  package static let endToEndInteractivity = MetricKind(
    "e2e_interactivity_tokens_per_s_per_user", .tokenPerSecondPerUser,
    label: "interactivity from arrival", "1 / the 90th percentile of TPOT with the first token")

  // MARK: Steady state

  private static let steadiness = [
    warmUpRequests, waitingGrowth, steadyTimeToFirstToken, steadyTimePerToken, steadyEndToEnd,
  ]
  package static let warmUpRequests = MetricKind(
    "warm_up_requests", .request, label: "warm-up",
    "measured requests, by arrival, before the cut with the least error of mean TTFT (MSER-5);"
      + " absent if it lies in the second half")
  package static let waitingGrowth = MetricKind(
    "waiting_growth_requests_per_s", .requestPerSecond, label: "growth of the queue",
    "slope of the requests without a first token that arrivals meet, over the last half of the time"
      + " of arrivals, with its 95 % interval: above 0, the service is overloaded")
  package static let steadyTimeToFirstToken = MetricKind(
    "steady_ttft_s", .second, label: "steady TTFT",
    "mean TTFT after the warm-up, with its 95 % interval from batch means")
  package static let steadyTimePerToken = MetricKind(
    "steady_request_tpot_s", .second, label: "steady TPOT",
    "mean TPOT after the warm-up, with its 95 % interval from batch means")
  package static let steadyEndToEnd = MetricKind(
    "steady_e2e_s", .second, label: "steady E2E",
    "mean E2E after the warm-up, with its 95 % interval from batch means")

  // MARK: Objectives; absent without any

  private static let objectives = [
    goodput, goodputTokens, attainmentOfArrived, attainmentOfFinished,
  ]
  package static let goodput = MetricKind(
    "goodput_requests_per_s", .requestPerSecond, label: "goodput",
    "requests that arrived in the window and finished inside all bounds of their class (inclusive;"
      + " an undefined TPOT passes) / window")
  package static let goodputTokens = MetricKind(
    "goodput_output_tokens_per_s", .tokenPerSecond, label: "goodput, output",
    "output tokens of these requests / window")
  package static let attainmentOfArrived = MetricKind(
    "attainment_of_arrived", .share, label: "attainment of arrived",
    "requests inside all bounds / requests that arrived in the window")
  package static let attainmentOfFinished = MetricKind(
    "attainment_of_finished", .share, label: "attainment of finished",
    "requests inside all bounds / requests of the window that finished")

  // MARK: Throughput

  private static let throughput = [
    requestThroughput, inputThroughput, cachedInputThroughput, outputThroughput, totalThroughput,
    outputPerHeldGPU, outputPerBusyGPU, outputPerNode, totalPerHeldGPU,
  ]
  package static let requestThroughput = MetricKind(
    "requests_per_s", .requestPerSecond, label: "requests", in: .yield,
    "measured requests / simulated part of the window; without a window, / simulated time")
  package static let inputThroughput = MetricKind(
    "input_tokens_per_s", .tokenPerSecond, label: "input", in: .yield,
    "prompt tokens of measured requests, cached ones included / window")
  package static let cachedInputThroughput = MetricKind(
    "cached_input_tokens_per_s", .tokenPerSecond, label: "of it cached", in: .yield,
    "prompt tokens of measured requests found in a prefix cache / window")
  package static let outputThroughput = MetricKind(
    "output_tokens_per_s", .tokenPerSecond, label: "output", in: .yield,
    "output tokens of measured requests / window")
  package static let totalThroughput = MetricKind(
    "total_tokens_per_s", .tokenPerSecond, label: "input and output", in: .yield,
    "prompt and output tokens of measured requests / window")
  package static let outputPerHeldGPU = MetricKind(
    "output_tokens_per_s_per_gpu", .tokenPerSecondPerGPU, label: "output per GPU", in: .yield,
    "output tokens of all requests, shown in the whole run / GPU-seconds held by all pools")
  package static let outputPerBusyGPU = MetricKind(
    "output_tokens_per_s_per_busy_gpu", .tokenPerSecondPerGPU, label: "output per busy GPU",
    in: .yield, "the same tokens / GPU-seconds of running steps")
  package static let outputPerNode = MetricKind(
    "output_tokens_per_s_per_node", .tokenPerSecondPerNode, label: "output per node", in: .yield,
    "output per GPU x GPUs per node")
  package static let totalPerHeldGPU = MetricKind(
    "total_tokens_per_s_per_gpu", .tokenPerSecondPerGPU, label: "input and output per GPU",
    in: .yield, "output tokens shown, and prompts of all finished requests / GPU-seconds held")

  // MARK: Use of the pools

  private static let use = [
    utilisation, cacheOccupancy, cacheHitRatio, hostHitRatio, storeHitRatio, preemptions, retries,
    queuedForPool,
    slowestOverEven, steps, expertImbalance, firstExpertImbalance, rebalancings, movedExpertBytes,
    standstill,
  ]
  package static let utilisation = MetricKind(
    "utilisation", .share, "GPU-seconds of running steps / GPU-seconds held")
  package static let cacheOccupancy = MetricKind(
    "kv_occupancy", .share, label: "KV occupancy",
    "blocks in use / blocks of the KV caches, mean over time; max: of the fullest instance")
  package static let cacheHitRatio = MetricKind(
    "cache_hit_ratio", .share, label: "cache hits",
    "prompt tokens found in a prefix cache / prompt tokens found or computed, again after a"
      + " preemption or failure included")
  package static let hostHitRatio = MetricKind(
    "host_hit_ratio", .share, label: "of it from host memory",
    "prompt tokens loaded from host memory / prompt tokens found or computed")
  package static let storeHitRatio = MetricKind(
    "store_hit_ratio", .share, label: "of it from the store",
    "prompt tokens loaded from the store of a pool / prompt tokens found or computed")
  package static let preemptions = MetricKind(
    "preemptions", .event, "requests that gave back their KV cache before they ended, each time")
  package static let retries = MetricKind(
    "retries", .event, "requests that were sent again after a failure, each time")
  package static let queuedForPool = MetricKind(
    "queued_requests", .request, label: "queue",
    "requests that waited for the pool, mean over the simulated time")
  package static let slowestOverEven = MetricKind(
    "slowest_over_even", .ratio, label: "slowest instance / even load",
    "time of a unit's slowest instance / its time if instances shared the load evenly, over all"
      + " steps, every fourth of those with prompts")
  package static let steps = MetricKind(
    "steps", .event, "steps of units, each of which all instances of a unit take together")

  package static let expertImbalance = MetricKind(
    "expert_imbalance", .ratio, label: "most loaded experts / mean",
    "rows of the most loaded GPU's experts / mean, mean over layers and the simulated time; absent"
      + " unless loads drift")
  package static let firstExpertImbalance = MetricKind(
    "expert_imbalance_without_rebalancing", .ratio, label: "without rebalancing",
    "the expert imbalance if the placement of the start had stayed")
  package static let rebalancings = MetricKind(
    "rebalancings", .event, "times that the experts of a pool were placed anew")
  package static let movedExpertBytes = MetricKind(
    "moved_expert_bytes", .byte, label: "experts moved",
    "bytes of experts that changed their GPU, over all units")
  package static let standstill = MetricKind(
    "standstill_s", .second, label: "standstill",
    "time for which steps stood still while experts moved, summed over units")

  // MARK: Drafts; absent without any

  private static let generation = [acceptanceRate, acceptanceLength]
  package static let acceptanceRate = MetricKind(
    "draft_acceptance_rate", .share, label: "drafts accepted", in: .yield,
    "drafts that were accepted / drafts")
  package static let acceptanceLength = MetricKind(
    "acceptance_length_tokens", .token, label: "tokens per verification", in: .yield,
    "1 + accepted drafts / verifications")

  // MARK: Cost

  private static let bill = [
    gpuHoursHeld, gpuHoursFree, usdPerMillionOutputTokens, joulesPerOutputToken,
  ]
  package static let gpuHoursHeld = MetricKind(
    "gpu_hours_held", .gpuHour, label: "GPU-hours held", in: .yield,
    "GPUs of units, failed or not, x the time for which they were part of a pool")
  package static let gpuHoursFree = MetricKind(
    "gpu_hours_free", .gpuHour, label: "GPU-hours free", in: .yield,
    "GPUs x the time for which the timetable left their units to other work")
  package static let usdPerMillionOutputTokens = MetricKind(
    "usd_per_million_output_tokens", .usdPerMillionTokens, label: "cost of output", in: .yield,
    "GPU-hours held x the price of a GPU-hour x 1e6 / output tokens shown in the whole run")
  package static let joulesPerOutputToken = MetricKind(
    "j_per_output_token_at_tdp", .joulePerToken, label: "energy of output", in: .yield,
    "GPU-seconds held x the GPU's thermal design power / output tokens shown in the whole run")
}
