// Models with latent attention.

import Facts

extension ModelSpec {
  /// DeepSeek-V3, 671B parameters.
  package static let deepseekV3 = ModelSpec(
    name: "deepseek-v3", hidden: 7168, layers: 61, vocabulary: 129_280,
    attention: .latent(
      LatentAttention(
        heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 18432,
    experts: ExpertSpec(
      layers: .after(3), routed: 256, shared: 1, topK: 8, intermediate: 2048, groups: 8,
      groupLimit: 4, gate: .sigmoid, hasSelectionBias: true),
    mtpModules: 1, weights: WeightScheme(.fp8Tile), source: "\(.models.deepseekV3)")

  /// DeepSeek-V3.2: DeepSeek-V3 with sparse attention, 672B parameters.
  static let deepseekV32 = ModelSpec(
    name: "deepseek-v3.2", hidden: 7168, layers: 61, vocabulary: 129_280,
    attention: .latent(
      LatentAttention(
        heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128,
        indexer: SparseIndexer(heads: 64, headSize: 128, topK: 2048))),
    denseIntermediate: 18432,
    experts: ExpertSpec(
      layers: .after(3), routed: 256, shared: 1, topK: 8, intermediate: 2048, groups: 8,
      groupLimit: 4, gate: .sigmoid, hasSelectionBias: true),
    mtpModules: 1, weights: WeightScheme(.fp8Tile), source: "\(.models.deepseekV32)")

  /// DeepSeek-V2, 236B parameters.
  static let deepseekV2 = ModelSpec(
    name: "deepseek-v2", hidden: 5120, layers: 60, vocabulary: 102_400,
    attention: .latent(
      LatentAttention(
        heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 12288,
    experts: ExpertSpec(
      layers: .after(1), routed: 160, shared: 2, topK: 6, intermediate: 1536, groups: 8,
      groupLimit: 3, gate: .softmax, hasSelectionBias: false),
    mtpModules: 0, source: "\(.models.deepseekV2)")

  /// DeepSeek-V2-Lite, 16B parameters: queries without compression.
  static let deepseekV2Lite = ModelSpec(
    name: "deepseek-v2-lite", hidden: 2048, layers: 27, vocabulary: 102_400,
    attention: .latent(
      LatentAttention(
        heads: 16, queryRank: nil, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 10944,
    experts: ExpertSpec(
      layers: .after(1), routed: 64, shared: 2, topK: 6, intermediate: 1408, gate: .softmax),
    mtpModules: 0, source: "\(.models.deepseekV2Lite)")

  /// Kimi-K2, 1026B parameters: DeepSeek-V3 with more experts and fewer heads.
  static let kimiK2 = ModelSpec(
    name: "kimi-k2", hidden: 7168, layers: 61, vocabulary: 163_840,
    attention: .latent(
      LatentAttention(
        heads: 64, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)),
    denseIntermediate: 18432,
    experts: ExpertSpec(
      layers: .after(1), routed: 384, shared: 1, topK: 8, intermediate: 2048, gate: .sigmoid,
      hasSelectionBias: true),
    mtpModules: 0, weights: WeightScheme(.fp8Tile), source: "\(.models.kimiK2)")
}
