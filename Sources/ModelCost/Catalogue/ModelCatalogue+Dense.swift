// Dense models with grouped-query attention.

import Facts

extension ModelSpec {
  /// Qwen2.5-72B, dense, grouped-query attention with biases.
  static let qwen72B = ModelSpec(
    name: "qwen2.5-72b", hidden: 8192, layers: 80, vocabulary: 152_064,
    attention: .grouped(GroupedAttention(heads: 64, kvHeads: 8, headSize: 128, hasBias: true)),
    denseIntermediate: 29568, experts: nil, mtpModules: 0, source: "\(.models.qwen72B)")

  /// Llama 3.1 405B, dense.
  static let llama405B = ModelSpec(
    name: "llama-3.1-405b", hidden: 16384, layers: 126, vocabulary: 128_256,
    attention: .grouped(GroupedAttention(heads: 128, kvHeads: 8, headSize: 128)),
    denseIntermediate: 53248, experts: nil, mtpModules: 0,
    source: "\(.models.llama405B)")

  /// Llama 3 70B, dense; 3.1 and 3.3 have the same shape.
  static let llama70B = ModelSpec(
    name: "llama-3-70b", hidden: 8192, layers: 80, vocabulary: 128_256,
    attention: .grouped(GroupedAttention(heads: 64, kvHeads: 8, headSize: 128)),
    denseIntermediate: 28672, experts: nil, mtpModules: 0, source: "\(.models.llama70B)")

  /// Llama 3 8B, dense; 3.1 has the same shape.
  static let llama8B = ModelSpec(
    name: "llama-3-8b", hidden: 4096, layers: 32, vocabulary: 128_256,
    attention: .grouped(GroupedAttention(heads: 32, kvHeads: 8, headSize: 128)),
    denseIntermediate: 14336, experts: nil, mtpModules: 0, source: "\(.models.llama8B)")
}
