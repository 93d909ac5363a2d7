// The results of a service under the keys of the clients that measure real ones, so that a user's
// scripts read both. Each client's own definitions are followed where they differ.

import Recording

/// A client whose output a run can imitate.
package enum ClientFormat: String, CaseIterable, Sendable {
  /// `vllm bench serve --save-result`.
  case vllmBench = "vllm-bench"
  /// `python -m sglang.bench_serving --output-file`.
  case sglang
  /// AIPerf's `profile_export_aiperf.json`.
  case aiperf

  /// Returns what the client would write about a run, ending with a line feed.
  ///
  /// - Parameters:
  ///   - record: a run of a service with its requests.
  ///   - isDetailed: whether to add lists with a value for each request; only vLLM's client has
  ///     them.
  package func text(_ record: RunRecord, isDetailed: Bool = false) -> String {
    let requests = ClientRequests(record)
    switch self {
    case .vllmBench: return requests.vllmBench(isDetailed: isDetailed).description + "\n"
    case .sglang: return requests.sglang.compact + "\n"
    case .aiperf: return requests.aiperf.description + "\n"
    }
  }
}
