// How an instance forms its steps. Names and defaults are those of the engines' own options.
// Source: vLLM V1 (vllm/v1/core/sched/scheduler.py, vllm/engine/arg_utils.py), SGLang
// (python/sglang/srt/managers/schedule_policy.py, scheduler.py).

import Units

/// A tier of cached prefixes below the memory of GPUs.
package struct CacheTierSpec: Hashable, Sendable {
  /// Tokens that it holds.
  package var tokens: Int
  /// Rate at which a GPU loads from it.
  package var bandwidth: BytesPerSecond
  /// Tokens of a prompt for which a load begins, at least: fact sgl.hicache.prefetch.
  package var leastTokens = 256

  package init(tokens: Int, bandwidth: BytesPerSecond) {
    self.tokens = tokens
    self.bandwidth = bandwidth
  }
}

/// The scheduler of an instance.
package struct SchedulerSpec: Hashable, Sendable {
  /// Whose rules a scheduler follows.
  package enum Policy: String, CaseIterable, Hashable, Sendable {
    /// First come, first served: whole prompts, blocks for the whole request from the start.
    case fcfs
    /// vLLM V1: decodes and chunks of prompts in one step, blocks as needed, preemption.
    case vllm
    /// SGLang: prompts before decodes, admission by an estimate, retraction.
    case sglang
  }

  package var policy: Policy
  /// Requests that run at a time (`max_num_seqs`, `max_running_requests`).
  package var seats: Int
  /// Longest prompt and output together; nil for no limit (`max_model_len`).
  package var longest: Int?
  /// Requests that may wait, with those that the next step takes: at least 1; nil for no limit.
  package var queueLimit: Int?
  /// Whether equal prefixes share blocks (vllm).
  package var cachesPrefixes = true

  // MARK: vllm

  /// Prefixes in host memory, and in a store that the instances of a pool share; nil for none.
  package var hostCache: CacheTierSpec?
  /// The store, which survives failures.
  package var storeCache: CacheTierSpec?
  /// Whether a preempted request's cache goes to host memory instead of being computed again.
  package var swapsPreempted = false
  /// Tokens of a step (`max_num_batched_tokens`).
  package var tokenBudget = 8_192
  /// Whether a prompt may be computed in pieces (`enable_chunked_prefill`).
  package var chunksPrompts = true
  /// Tokens of a prompt that a step computes at most; 0 for no limit
  /// (`long_prefill_token_threshold`).
  package var longPromptThreshold = 0
  /// Whether a request is only admitted when its whole prompt fits
  /// (`scheduler_reserve_full_isl`).
  package var reservesFullPrompt = true
  /// Whether requests go by priority instead of by arrival.
  package var usesPriority = false

  // MARK: sglang

  /// Tokens of a piece of a prompt (`chunked_prefill_size`).
  package var chunk = 8_192
  /// Tokens of all prompts of a step (`max_prefill_tokens`).
  package var longestPrefill = 16_384
  /// Whether decodes ride along with pieces of prompts (`enable_mixed_chunk`).
  package var mixesChunks = false
  /// Share of the remaining output that admission sets aside at first (`init_new_token_ratio`).
  package var initialRatio = Ratio(7, 10)
  /// The least share, relative to the first one (`min_new_token_ratio_factor`).
  package var leastRatioFactor = Ratio(14, 100)
  /// Steps of decoding from the first share to the least (`new_token_ratio_decay_steps`).
  package var decaySteps = 600
  /// Steps of decoding for which a retraction makes room (`SGLANG_RETRACT_DECODE_STEPS`).
  package var retractSteps = 20
  /// Tokens that a decode instance keeps free for each request it has taken
  /// (`num_reserved_decode_tokens`).
  package var reservedTokens = 512

  package init(policy: Policy, seats: Int) {
    self.policy = policy
    self.seats = seats
  }
}
