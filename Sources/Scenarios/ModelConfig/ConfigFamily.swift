// The families of models whose configurations can be read, and in what they differ.

import ModelCost

/// The family of a model, by its `model_type`.
enum ConfigFamily: String, CaseIterable {
  case deepseekV2 = "deepseek_v2"
  case deepseekV3 = "deepseek_v3"
  case deepseekV32 = "deepseek_v32"
  case kimiK2 = "kimi_k2"
  case kimiK25 = "kimi_k25"
  case glm4MoE = "glm4_moe"
  case glmMoEDSA = "glm_moe_dsa"
  case qwen3MoE = "qwen3_moe"
  case llama4
  case gptOSS = "gpt_oss"
  case miniMaxM2 = "minimax_m2"
  case mixtral
  case llama
  case qwen2

  /// Whether its layers have experts.
  var hasExperts: Bool { ![.llama, .qwen2].contains(self) }

  /// Whether its attention is latent, so that its keys are required.
  var isLatent: Bool {
    [.deepseekV2, .deepseekV3, .deepseekV32, .kimiK2, .kimiK25, .glmMoEDSA].contains(self)
  }

  /// Whether an indexer selects keys.
  var hasIndexer: Bool { [.deepseekV32, .glmMoEDSA].contains(self) }

  /// Whether the first layers are dense: their number is then required.
  var startsDense: Bool { isLatent || self == .glm4MoE }

  /// Whether `intermediate_size` is the width of an expert.
  var hasPlainExpertWidth: Bool {
    [.mixtral, .gptOSS, .miniMaxM2, .llama4].contains(self)
  }

  /// The gate of configurations that do not name one.
  var gate: ExpertSpec.Gate {
    switch self {
    case .deepseekV2, .qwen3MoE, .gptOSS, .mixtral, .llama, .qwen2: .softmax
    case .deepseekV3, .deepseekV32, .kimiK2, .kimiK25, .glm4MoE, .glmMoEDSA, .llama4, .miniMaxM2:
      .sigmoid
    }
  }

  /// Whether the output projection has a bias where queries, keys and values have one.
  var biasesOutput: Bool { [.llama, .qwen3MoE, .gptOSS].contains(self) }
}
