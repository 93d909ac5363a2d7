// Counts that follow from the shape of a model: parameters, FLOPs and bytes of the KV cache.

import Facts
import ModelCost
import Scenarios

extension PublishedFigures {
  static let counts: [Figure] = [
    count(.published.modelParamsTotal, "parameters, main model", "", "deepseek-v3", digit: 1e9) {
      Double($0.mainParameters)
    },
    count(
      .published.modelParamsActive, "active parameters with embedding and head", "", "deepseek-v3",
      digit: 1e8
    ) { Double($0.activeParameters) },
    count(
      .published.modelKVBytesPerToken, "KV cache of a token, DeepSeek-V3", "B", "deepseek-v3",
      digit: 1, cache),
    count(
      .published.modelKVBytesQwen72b, "KV cache of a token, Qwen2.5 72B", "B", "qwen2.5-72b",
      digit: 1, cache),
    count(
      .published.modelKVBytesLlama405b, "KV cache of a token, Llama 3.1 405B", "B",
      "llama-3.1-405b", digit: 1, cache),
    count(
      .published.modelTrainGFLOPPerToken, "training FLOPs of a token, causal", "GFLOP",
      "deepseek-v3", digit: 1
    ) { $0.trainingFLOPs(.causal(sequence: 4096)) / 1e9 },
    count(
      .published.modelTrainGFLOPPerTokenNoncausal, "training FLOPs of a token, full square",
      "GFLOP", "deepseek-v3", digit: 0.1
    ) { $0.trainingFLOPs(.full(sequence: 4096)) / 1e9 },
    others("DeepSeekV2", "deepseek-v2"), others("Qwen72B", "qwen2.5-72b"),
    others("Llama405B", "llama-3.1-405b"),
    Figure(
      .storage, .published.kvDiskReadAvg, "KV cache read from disk, day's mean", "GB/s", .counts,
      family: "counts",
      .counted { model("deepseek-v3").map { 342e9 * cache($0) / 86400 / 1e9 } }),
  ]

  /// Totals and active parameters of published models, exact to the parameter.
  static let parameters: [Figure] =
    Self.published.flatMap { fact, name -> [Figure] in
      let active: [(key: String, words: String, count: @Sendable (ModelSpec) -> Int)] = [
        (
          "active_with_embedding_and_head_B", "active, with embedding and head",
          { $0.activeParameters }
        ),
        (
          "active_without_embedding_B", "active, without input embedding",
          { $0.activeParametersWithoutEmbedding }
        ),
      ]
      let total = Figure(
        .parameters, fact, key: "total", "\(name), all", "", .counts, family: "counts",
        .counted { model(name).map { Double($0.mainParameters) } })
      return [total]
        + active.filter { PrintedValue(fact, $0.key) != nil }.map { key, words, count in
          Figure(
            .parameters, fact, key: key, "\(name), \(words)", "10^9", .counts, family: "counts",
            .counted { model(name).map { Double(count($0)) / 1e9 } })
        }
    }

  private static let published: [(Fact, String)] = [
    (.published.paramsDeepseekV2, "deepseek-v2"), (.published.paramsDeepseekV3, "deepseek-v3"),
    (.published.paramsDeepseekV32, "deepseek-v3.2"), (.published.paramsKimiK2, "kimi-k2"),
    (.published.paramsGlm45, "glm-4.5"), (.published.paramsGlm45Air, "glm-4.5-air"),
    (.published.paramsGlm5, "glm-5"), (.published.paramsQwen3235bA22b, "qwen3-235b-a22b"),
    (.published.paramsQwen330bA3b, "qwen3-30b-a3b"),
    (.published.paramsQwen3Coder480b, "qwen3-coder-480b"),
    (.published.paramsLlama4Scout, "llama-4-scout"),
    (.published.paramsLlama4Maverick, "llama-4-maverick"),
    (.published.paramsGptOss120b, "gpt-oss-120b"), (.published.paramsGptOss20b, "gpt-oss-20b"),
    (.published.paramsMinimaxM2, "minimax-m2"), (.published.paramsMixtral8x7b, "mixtral-8x7b"),
    (.published.paramsMixtral8x22b, "mixtral-8x22b"),
  ]

  /// A model of the catalogue, or of a scenario of this room.
  @Sendable private static func model(_ name: String) -> ModelSpec? {
    if let known = ModelSpec.catalogue.first(where: { $0.name == name }) { return known }
    return try? EmbeddedScenario.document("model-\(name)")?.scenario(ScenarioChanges()).model
  }

  @Sendable private static func cache(_ model: ModelSpec) -> Double {
    Double(model.kvBytesPerToken(.bf16))
  }

  private static func count(
    _ fact: Fact, _ what: String, _ unit: String, _ name: String, digit: Double,
    _ value: @escaping @Sendable (ModelSpec) -> Double
  ) -> Figure {
    Figure(
      .counts, fact, what, unit, digit: digit, .counts, family: "counts",
      .counted { model(name).map(value) })
  }

  private static func others(_ key: String, _ name: String) -> Figure {
    Figure(
      .counts, .published.modelTrainGFLOPOthers, key: key,
      "training FLOPs of a token, \(name), causal",
      "GFLOP", .counts, family: "counts",
      .counted { model(name).map { $0.trainingFLOPs(.causal(sequence: 4096)) / 1e9 } })
  }
}
