// The keys of a pool of a service: those of an inference step's layout, and its scheduler.

import Service
import Units

/// Keys of `service.prefill`, `service.decode` and `service.colocated`.
enum ServicePoolKeys {
  static let units = Key<Int>(
    "units", .integer(1...100_000), fallback: 1,
    "Units of the pool; a unit is the GPUs that step and fail together.")
  static let data = Key<Int>(
    "data", .integer(1...16_384),
    "Attention groups of a stage, each with a scheduler and a cache of its own; absent: as"
      + " expert_parallel says, or 1.")
  static let scheduler = Key<Fields>(
    "scheduler", .record(SchedulerKeys.record),
    "How instances form their steps; absent: vLLM's rules with its defaults.")
  static let hostTime = Key<Seconds>(
    "host_time", .time(), fallback: PoolSpec.assumedHostTime,
    "Time of the host for a step, outside of kernels.")
  static let overlapsHost = Key<Bool>(
    "overlaps_host", .flag, fallback: true,
    "Whether a step takes the longer of host and GPU time instead of their sum.")
  static let cacheTokens = Key<Int>(
    "cache_tokens", .count(noun: "tokens", 1...1e12, isWhole: true),
    "Tokens of an instance's KV cache; absent: what the memory holds.")
  static let timetable = Key<[Fields]>(
    "timetable", .list(.record(TimetableKeys.record), isSet: false, count: 1...288),
    "Units by the time of day; absent: units always.")
  static let record = Record([
    units.declaration, InferenceKeys.tensor.declaration, data.declaration,
    InferenceKeys.pipeline.declaration, InferenceKeys.partition.declaration,
    InferenceKeys.experts.declaration, InferenceKeys.exchange.declaration,
    InferenceKeys.expertParallel.declaration, InferenceKeys.redundantExperts.declaration,
    InferenceKeys.microbatches.declaration, InferenceKeys.weights.declaration,
    InferenceKeys.absorbedCopy.declaration, InferenceKeys.pool.declaration,
    InferenceKeys.kvCache.declaration, InferenceKeys.gemm.declaration,
    InferenceKeys.communicationSMs.declaration, InferenceKeys.planner.declaration,
    InferenceKeys.kernelRelease.declaration, InferenceKeys.routing.declaration,
    HostKeys.inferenceStack.declaration, scheduler.declaration, hostTime.declaration,
    overlapsHost.declaration,
    cacheTokens.declaration, timetable.declaration,
  ])
}

/// Keys of an entry of `timetable`.
enum TimetableKeys {
  static let from = Key<Seconds>(
    "from", .quantity(Seconds.self, "time", from: "0 s", to: "24 h"), .required,
    "Time since midnight.")
  static let units = Key<Int>("units", .integer(0...100_000), .required, "Units from then on.")
  static let record = Record([from.declaration, units.declaration])
}

/// Keys of `scheduler`.
enum SchedulerKeys {
  private static func tokens(from least: Double = 1) -> Kind {
    .count(noun: "tokens", least...16_777_216, isWhole: true)
  }

  static let policy = Key<SchedulerSpec.Policy>(
    "policy", .choice(SchedulerSpec.Policy.allCases.map(\.rawValue)), fallback: .vllm,
    "Whose rules: fcfs, whole prompts and memory for all tokens at once; vllm, chunks beside"
      + " decodes; sglang, prompts before decodes.")
  static let seats = Key<Int>(
    "seats", .integer(1...65_536),
    "Requests that an instance runs at a time; absent: vLLM's or SGLang's default for the GPU.")
  static let longest = Key<Int>(
    "longest", tokens(), "Longest prompt and output together; absent: no limit.")
  static let queueLimit = Key<Int>(
    "queue_limit", .integer(1...1_000_000_000),
    "Requests that may wait at an instance, with those that its next step takes; absent: no"
      + " limit.")
  static let cachesPrefixes = Key<Bool>(
    "prefix_cache", .flag, fallback: true, "Whether equal prefixes share blocks (vllm).")
  static let tokenBudget = Key<Int>(
    "token_budget", tokens(),
    "Tokens of a step (vllm); absent: vLLM's default for the GPU.")
  static let chunksPrompts = Key<Bool>(
    "chunks", .flag, fallback: true,
    "Whether prompts may be computed in pieces; otherwise token_budget limits the longest request"
      + " (vllm).")
  static let longPromptThreshold = Key<Int>(
    "long_prompt_threshold", tokens(from: 0), fallback: 0,
    "Tokens of a prompt in a step at most (vllm); 0: no limit.")
  static let reservesFullPrompt = Key<Bool>(
    "reserve_full_prompt", .flag, fallback: true,
    "Whether a request is only admitted if its whole prompt fits (vllm).")
  static let usesPriority = Key<Bool>(
    "priorities", .flag, fallback: false,
    "Whether requests go by priority instead of by arrival (vllm).")
  static let chunk = Key<Int>(
    "chunk", tokens(),
    "Tokens of a piece of a prompt on an instance (sglang); absent: SGLang's default for the GPU,"
      + " divided by data as attention data parallelism does.")
  static let longestPrefill = Key<Int>(
    "longest_prefill", tokens(), fallback: 16_384, "Tokens of all prompts of a step (sglang).")
  static let mixesChunks = Key<Bool>(
    "mixed_chunks", .flag, fallback: false,
    "Whether decodes ride along with pieces of prompts (sglang).")
  static let conservativeness = Key<Double>(
    "conservativeness", .number(0.001...10),
    "Factor of the output that admission sets aside (sglang); absent: 1, or 0.3 with several"
      + " attention groups.")
  static let reservedTokens = Key<Int>(
    "reserved_tokens", tokens(from: 0), fallback: 512,
    "Tokens that a decode instance keeps free for each request that it has taken (sglang).")
  static let hostCache = Key<Fields>(
    "host_cache", .record(CacheTierKeys.record),
    "Prefixes in the host memory of an instance (vllm); absent: none.")
  static let storeCache = Key<Fields>(
    "store_cache", .record(CacheTierKeys.record),
    "Prefixes in a store that the instances of the pool share and that survives failures (vllm);"
      + " absent: none.")
  static let preemption = Key<PreemptionRule>(
    "preemption", .choice(PreemptionRule.allCases.map(\.rawValue)), fallback: .recompute,
    "What becomes of a preempted request's cache (vllm): recompute, it is computed again; swap, it"
      + " is kept in host memory, from which it is loaded at the rate of host_cache.")
  static let record = Record(
    [
      policy.declaration, seats.declaration, longest.declaration, queueLimit.declaration,
      cachesPrefixes.declaration, tokenBudget.declaration, chunksPrompts.declaration,
      longPromptThreshold.declaration, reservesFullPrompt.declaration, usesPriority.declaration,
      chunk.declaration, longestPrefill.declaration, mixesChunks.declaration,
      conservativeness.declaration, reservedTokens.declaration, hostCache.declaration,
      storeCache.declaration, preemption.declaration,
    ], aliases: EngineNames.names(in: "service.decode.scheduler"))
}

/// Keys of `host_cache` and `store_cache`.
enum CacheTierKeys {
  static let tokens = Key<Int>(
    "tokens", .count(noun: "tokens", 0...1e15, isWhole: true), .required,
    "Tokens whose keys and values it holds; 0 only lends its rate to swapped caches.")
  static let bandwidth = Key<BytesPerSecond>(
    "bandwidth", .quantity(BytesPerSecond.self, "bandwidth", from: "1 MB/s", to: "100 TB/s"),
    .required, "Rate at which each GPU loads its part of a cache; loads follow one another.")
  static let leastTokens = Key<Int>(
    "least", .count(noun: "tokens", 1...1e9, isWhole: true), fallback: 256,
    "Tokens for which a load begins, at least (sgl.hicache.prefetch).")
  static let record = Record([
    tokens.declaration, bandwidth.declaration, leastTokens.declaration,
  ])
}

/// What becomes of a preempted request's cache.
enum PreemptionRule: String, CaseIterable, KeyValue {
  case recompute
  case swap
}

extension SchedulerSpec.Policy: KeyValue {}
