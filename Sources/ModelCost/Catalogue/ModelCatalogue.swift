// The models that scenarios can name. To add one: an entry here, read from its config file, which
// Facts/Groups/ModelFacts.swift cites.

import Facts

extension ModelSpec {
  /// Every model of the catalogue, in the order of printed lists.
  package static let catalogue: [ModelSpec] = [
    deepseekV3, deepseekV2, qwen72B, llama405B, mixtral8x7B,
  ]

  /// DeepSeek-V3, 671B parameters.
  package static let deepseekV3 = ModelSpec(
    name: "deepseek-v3", hidden: 7168, layers: 61, vocabulary: 129_280,
    attention: .latent(
      LatentAttention(
        heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 18432,
    experts: ExpertSpec(
      denseLayers: 3, routed: 256, shared: 1, topK: 8, intermediate: 2048, groups: 8,
      groupLimit: 4, gate: .sigmoid, hasSelectionBias: true),
    mtpModules: 1, source: "\(.models.deepseekV3)")

  /// DeepSeek-V2, 236B parameters.
  static let deepseekV2 = ModelSpec(
    name: "deepseek-v2", hidden: 5120, layers: 60, vocabulary: 102_400,
    attention: .latent(
      LatentAttention(
        heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 12288,
    experts: ExpertSpec(
      denseLayers: 1, routed: 160, shared: 2, topK: 6, intermediate: 1536, groups: 8,
      groupLimit: 3, gate: .softmax, hasSelectionBias: false),
    mtpModules: 0, source: "\(.models.deepseekV2)")

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

  /// Mixtral 8x7B: every layer has experts, no groups.
  static let mixtral8x7B = ModelSpec(
    name: "mixtral-8x7b", hidden: 4096, layers: 32, vocabulary: 32_000,
    attention: .grouped(GroupedAttention(heads: 32, kvHeads: 8, headSize: 128)),
    denseIntermediate: 14336,
    experts: ExpertSpec(
      denseLayers: 0, routed: 8, shared: 0, topK: 2, intermediate: 14336, groups: 1,
      groupLimit: 1, gate: .softmax, hasSelectionBias: false),
    mtpModules: 0, source: "\(.models.mixtral8x7B)")
}
