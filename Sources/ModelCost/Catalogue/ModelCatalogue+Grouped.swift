// Mixture-of-experts models with grouped-query attention.

import Facts

extension ModelSpec {
  /// GLM-4.5 and 4.6, 353B parameters.
  static let glm45 = ModelSpec(
    name: "glm-4.5", hidden: 5120, layers: 92, vocabulary: 151_552,
    attention: .grouped(
      GroupedAttention(
        heads: 96, kvHeads: 8, headSize: 128, hasBias: true, queryKeyNorm: .perHead)),
    denseIntermediate: 12288,
    experts: ExpertSpec(
      layers: .after(3), routed: 160, shared: 1, topK: 8, intermediate: 1536, gate: .sigmoid,
      hasSelectionBias: true),
    mtpModules: 1, source: "\(.models.glm45)")

  /// GLM-4.5-Air, 107B parameters.
  static let glm45Air = ModelSpec(
    name: "glm-4.5-air", hidden: 4096, layers: 46, vocabulary: 151_552,
    attention: .grouped(GroupedAttention(heads: 96, kvHeads: 8, headSize: 128, hasBias: true)),
    denseIntermediate: 10944,
    experts: ExpertSpec(
      layers: .after(1), routed: 128, shared: 1, topK: 8, intermediate: 1408, gate: .sigmoid,
      hasSelectionBias: true),
    mtpModules: 1, source: "\(.models.glm45Air)")

  /// Qwen3-235B-A22B.
  static let qwen235B = ModelSpec(
    name: "qwen3-235b-a22b", hidden: 4096, layers: 94, vocabulary: 151_936,
    attention: .grouped(
      GroupedAttention(heads: 64, kvHeads: 4, headSize: 128, queryKeyNorm: .perHead)),
    denseIntermediate: 12288,
    experts: ExpertSpec(
      layers: .after(0), routed: 128, shared: 0, topK: 8, intermediate: 1536, gate: .softmax),
    mtpModules: 0, source: "\(.models.qwen235B)")

  /// Qwen3-30B-A3B.
  static let qwen30B = ModelSpec(
    name: "qwen3-30b-a3b", hidden: 2048, layers: 48, vocabulary: 151_936,
    attention: .grouped(
      GroupedAttention(heads: 32, kvHeads: 4, headSize: 128, queryKeyNorm: .perHead)),
    denseIntermediate: 6144,
    experts: ExpertSpec(
      layers: .after(0), routed: 128, shared: 0, topK: 8, intermediate: 768, gate: .softmax),
    mtpModules: 0, source: "\(.models.qwen30B)")

  /// GPT-OSS 120B: windows in every second layer, sinks, biases, experts in MXFP4.
  static let gptOSS120B = ModelSpec(
    name: "gpt-oss-120b", hidden: 2880, layers: 36, vocabulary: 201_088,
    attention: .grouped(
      GroupedAttention(
        heads: 64, kvHeads: 8, headSize: 64, hasBias: true, hasOutputBias: true, hasSinks: true)),
    window: AttentionWindow(tokens: 128, layers: .every(2, from: 0)), denseIntermediate: 2880,
    experts: ExpertSpec(
      layers: .after(0), routed: 128, shared: 0, topK: 4, intermediate: 2880, gate: .softmax,
      hasBias: true),
    mtpModules: 0, weights: WeightScheme(.mxfp4, .experts), source: "\(.models.gptOSS120B)")

  /// MiniMax-M2, 229B parameters.
  static let miniMaxM2 = ModelSpec(
    name: "minimax-m2", hidden: 3072, layers: 62, vocabulary: 200_064,
    attention: .grouped(
      GroupedAttention(heads: 48, kvHeads: 8, headSize: 128, queryKeyNorm: .perLayer)),
    denseIntermediate: 1536,
    experts: ExpertSpec(
      layers: .after(0), routed: 256, shared: 0, topK: 8, intermediate: 1536, gate: .sigmoid,
      hasSelectionBias: true),
    mtpModules: 3, weights: WeightScheme(.fp8Tile), source: "\(.models.miniMaxM2)")

  /// Llama 4 Maverick, the 401B of its text model: experts in every second layer, attention in
  /// chunks in three of four.
  static let llama4Maverick = ModelSpec(
    name: "llama-4-maverick", hidden: 5120, layers: 48, vocabulary: 202_048,
    attention: .grouped(GroupedAttention(heads: 40, kvHeads: 8, headSize: 128)),
    window: AttentionWindow(
      tokens: 8192, isChunked: true, layers: .listed((0..<48).filter { $0 % 4 != 3 })),
    denseIntermediate: 16384,
    experts: ExpertSpec(
      layers: .every(2, from: 1), routed: 128, shared: 1, topK: 1, intermediate: 8192,
      gate: .sigmoid),
    mtpModules: 0, source: "\(.models.llama4Maverick)")

  /// Mixtral 8x7B: every layer has experts, no groups.
  static let mixtral8x7B = ModelSpec(
    name: "mixtral-8x7b", hidden: 4096, layers: 32, vocabulary: 32_000,
    attention: .grouped(GroupedAttention(heads: 32, kvHeads: 8, headSize: 128)),
    denseIntermediate: 14336,
    experts: ExpertSpec(
      layers: .after(0), routed: 8, shared: 0, topK: 2, intermediate: 14336, gate: .softmax),
    mtpModules: 0, source: "\(.models.mixtral8x7B)")
}
