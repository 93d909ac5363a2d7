// How many tokens an engine's KV cache holds: what it leaves of a GPU's memory after the weights,
// in whole blocks or pages.

import Recording
import Units

/// A rule for the size of the KV cache.
package struct CachePool: Hashable, Sendable {
  /// The engine whose rule it is.
  package enum Rule: String, CaseIterable, Hashable, Sendable {
    /// A fraction of the memory, less weights and overhead, in blocks (vLLM's
    /// `gpu_memory_utilization`).
    case vllm
    /// A fraction of the memory less overhead, less weights, down to whole pages (SGLang's
    /// `mem_fraction_static`).
    case sglang
  }

  package var rule: Rule
  /// Fraction of the memory that the engine uses for weights and cache.
  package var fraction: Double
  /// Tokens of a block.
  package var block: Int
  /// Memory for everything else: runtime, libraries, captured graphs.
  package var overhead: Bytes

  package init(rule: Rule, fraction: Double, block: Int, overhead: Bytes) {
    self.rule = rule
    self.fraction = fraction
    self.block = block
    self.overhead = overhead
  }

  /// The usual rule: vLLM's, with the runtime's assumed memory as overhead.
  package static let usual = CachePool(
    rule: .vllm, fraction: 0.9, block: 64, overhead: Bytes(InferenceMemory.assumedReservedBytes))

  /// Tokens of one attention group that fit; 0 if not even the weights do.
  ///
  /// - Parameters:
  ///   - memory: bytes of the GPU.
  ///   - weights: bytes of weights on it.
  ///   - perToken: bytes of a token in all of its layers.
  package func tokens(memory: Double, weights: Int, perToken: Int) -> Int {
    guard perToken > 0 else { return 0 }
    let free =
      switch rule {
      case .vllm: (memory * fraction).rounded(.down) - Double(weights) - overhead.value
      case .sglang: (memory - overhead.value) * fraction - Double(weights)
      }
    guard free > 0 else { return 0 }
    switch rule {
    case .vllm: return Int(free / Double(block * perToken)) * block
    case .sglang: return Int(free / Double(perToken)) / block * block
    }
  }

  /// The rule in words.
  package var text: String {
    let share = "\(Int((fraction * 100).rounded())) %"
    let rest = memoryText(bytes: overhead.value)
    return switch rule {
    case .vllm: "\(share) of the memory less weights and \(rest), in blocks of \(block) tokens"
    case .sglang: "\(share) of the memory less \(rest), less weights, in pages of \(block) tokens"
    }
  }
}
