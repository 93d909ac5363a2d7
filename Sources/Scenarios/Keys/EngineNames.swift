// vLLM's and SGLang's names of a scheduler's keys.
//
// Source: vllm/config/scheduler.py, vllm/engine/arg_utils.py; python/sglang/srt/server_args.py.
// `chunked_prefill_size` is that of an instance here: SGLang divides its option by the ranks of
// attention data parallelism.

/// Names that are accepted under the `scheduler` of a pool.
enum EngineNames {
  /// The mappings in which they are accepted.
  static let parents = PoolRole.allCases.map { ["service", $0.rawValue, "scheduler"] }

  /// The names under one of the parents.
  static func names(in parent: String) -> [Alias] {
    typealias Keys = SchedulerKeys
    func vllm<V>(_ name: String, _ key: Key<V>) -> Alias {
      Alias(name, of: "vLLM", key, in: parent)
    }
    func sglang<V>(_ name: String, _ key: Key<V>) -> Alias {
      Alias(name, of: "SGLang", key, in: parent)
    }
    return [
      vllm("max_num_seqs", Keys.seats),
      vllm("max_model_len", Keys.longest),
      vllm("max_num_batched_tokens", Keys.tokenBudget),
      vllm("enable_chunked_prefill", Keys.chunksPrompts),
      vllm("enable_prefix_caching", Keys.cachesPrefixes),
      vllm("long_prefill_token_threshold", Keys.longPromptThreshold),
      vllm("scheduler_reserve_full_isl", Keys.reservesFullPrompt),
      sglang("max_running_requests", Keys.seats),
      sglang("context_length", Keys.longest),
      sglang("max_queued_requests", Keys.queueLimit),
      sglang("chunked_prefill_size", Keys.chunk),
      sglang("max_prefill_tokens", Keys.longestPrefill),
      sglang("enable_mixed_chunk", Keys.mixesChunks),
      sglang("schedule_conservativeness", Keys.conservativeness),
      sglang("num_reserved_decode_tokens", Keys.reservedTokens),
    ]
  }
}
