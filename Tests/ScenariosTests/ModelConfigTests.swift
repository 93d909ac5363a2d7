// Reading of Hugging Face configurations: keys that differ by family, and what is refused.

import Foundation
import Facts
import ModelCost
import Testing

@testable import Scenarios

@Suite("Configurations of Hugging Face")
struct ModelConfigTests {
  @Test(
    "the number of experts has three names, and that of visited ones too",
    arguments: ["n_routed_experts", "num_experts", "num_local_experts"],
    ["num_experts_per_tok", "experts_per_token", "num_experts_per_token"])
  func names(routed: String, topK: String) throws {
    let model = try ModelConfig.changed(
      "mixtral-8x7b",
      #""num_local_experts": null, "num_experts_per_tok": null, "\#(routed)": 16, "\#(topK)": 4"#)

    #expect(model.experts?.routed == 16)
    #expect(model.experts?.topK == 4)
  }

  @Test("the width of an expert is intermediate_size only in some families")
  func widths() throws {
    #expect(try ModelConfig.fixture("mixtral-8x7b").experts?.intermediate == 14336)
    #expect(try ModelConfig.fixture("gpt-oss-120b").experts?.intermediate == 2880)
    #expect(try ModelConfig.fixture("minimax-m2").experts?.intermediate == 1536)
    #expect(try ModelConfig.fixture("llama-4-scout").experts?.intermediate == 8192)
    #expect(try ModelConfig.fixture("llama-4-scout").denseIntermediate == 16384)
    #expect(try ModelConfig.fixture("qwen3-30b-a3b").experts?.intermediate == 768)
  }

  @Test("a text model is found inside a wrapper, whatever the wrapper says itself")
  func nested() throws {
    let wrapped = try ModelConfig.fixture("kimi-k2.5")
    let plain = try ModelConfig.fixture("kimi-k2")

    #expect(wrapped.name == "kimi_k25")
    #expect(wrapped.attention == plain.attention)
    #expect(wrapped.experts == plain.experts)
  }

  @Test("rotary keys change no count, under either name")
  func rope() throws {
    let model = try ModelConfig.changed(
      "deepseek-v3",
      #""rope_scaling": null, "rope_parameters": {"rope_type": "yarn", "factor": 40}"#)

    #expect(model == (try ModelConfig.changed("deepseek-v3", "")).with(source: model.source))
  }

  @Test(
    "MTP modules have three names, and none by default",
    arguments: ["num_nextn_predict_layers", "num_mtp_modules", "mtp_num_hidden_layers"])
  func modules(name: String) throws {
    #expect(try ModelConfig.changed("mixtral-8x7b", #""\#(name)": 2"#).mtpModules == 2)
    #expect(try ModelConfig.fixture("mixtral-8x7b").mtpModules == 0)
  }

  /// Layers with experts of a model of 12 layers.
  static let layers: [(name: String, changes: String, layers: [Int])] = [
    ("deepseek-v3", #""first_k_dense_replace": 10"#, [10, 11]),
    ("deepseek-v3", #""first_k_dense_replace": 3, "moe_layer_freq": 4"#, [4, 8]),
    (
      "deepseek-v3", #""moe_layer_freq": [0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]"#, [1, 3, 11]
    ),
    (
      "glm-4.5", #""mlp_layer_types": [\#(String(repeating: #""dense", "#, count: 11)) "sparse"]"#,
      [11]
    ),
    ("qwen3-30b-a3b", #""decoder_sparse_step": 5"#, [4, 9]),
    ("qwen3-30b-a3b", #""decoder_sparse_step": 4, "mlp_only_layers": [3]"#, [7, 11]),
    ("llama-4-scout", #""interleave_moe_layer_step": 6"#, [5, 11]),
    ("llama-4-scout", #""moe_layers": [2, 9]"#, [2, 9]),
    ("mixtral-8x7b", "", Array(0..<12)),
  ]

  @Test("which layers have experts is said in seven ways", arguments: layers.indices)
  func expertLayers(index: Int) throws {
    let (name, changes, layers) = Self.layers[index]
    let separator = changes.isEmpty ? "" : ", "
    let model = try ModelConfig.changed(
      name, #""num_hidden_layers": 12"# + separator + changes)

    #expect(model.layerKinds.indices.filter { model.layerKinds[$0].hasExperts } == layers)
  }

  /// Layers with a window of a model of 4 layers.
  static let windows: [(name: String, changes: String, window: [Int])] = [
    ("gpt-oss-20b", #""layer_types": null"#, [0, 2]),
    (
      "gpt-oss-20b",
      #"""
      "layer_types": ["full_attention", "sliding_attention", "full_attention", "full_attention"]
      """#, [1]
    ),
    ("llama-4-scout", "", [0, 1, 2]),
    ("llama-4-scout", #""no_rope_layers": [1, 0, 1, 0]"#, [0, 2]),
    ("qwen2.5-72b", "", []),
    ("qwen2.5-72b", #""use_sliding_window": true, "max_window_layers": 2"#, [2, 3]),
    ("qwen3-30b-a3b", #""sliding_window": 4096"#, []),
    ("mixtral-8x7b", #""sliding_window": 4096"#, [0, 1, 2, 3]),
  ]

  @Test("which layers have a window depends on the family", arguments: windows.indices)
  func windowLayers(index: Int) throws {
    let (name, changes, window) = Self.windows[index]
    let separator = changes.isEmpty ? "" : ", "
    let model = try ModelConfig.changed(name, #""num_hidden_layers": 4"# + separator + changes)

    #expect(model.layerKinds.indices.filter { model.layerKinds[$0].hasWindow } == window)
    #expect(model.window?.isChunked ?? false == (name == "llama-4-scout"))
  }

  @Test("a head is as large as head_dim says, not as hidden size over heads")
  func headSize() throws {
    func size(_ model: ModelSpec) -> Int? {
      if case .grouped(let grouped) = model.attention { grouped.headSize } else { nil }
    }

    #expect(size(try ModelConfig.fixture("glm-4.5")) == 128)
    #expect(size(try ModelConfig.changed("qwen3-235b-a22b", #""head_dim": null"#)) == 64)
    // GLM-5 has head_dim 64, and latent attention with heads of 192 + 64.
    #expect(try ModelConfig.fixture("glm-5").attention.heads == 64)
  }

  @Test("shared experts have their own width, that of routed ones, or do not exist")
  func shared() throws {
    func width(_ changes: String) throws -> Int? {
      try ModelConfig.changed("qwen3-30b-a3b", changes).experts?.sharedWidth
    }

    #expect(try width("") == 0)
    #expect(try width(#""n_shared_experts": 2"#) == 2 * 768)
    #expect(try width(#""shared_expert_intermediate_size": 1000"#) == 1000)
    #expect(try ModelConfig.fixture("llama-4-scout").experts?.sharedWidth == 8192)
  }

  @Test("the selection bias of DeepSeek-V2 and MiniMax-M2 is a choice")
  func selectionBias() throws {
    func hasBias(_ name: String, _ changes: String = "") throws -> Bool? {
      try ModelConfig.changed(name, changes).experts?.hasSelectionBias
    }

    #expect(try hasBias("deepseek-v2") == false)
    #expect(try hasBias("deepseek-v2", #""topk_method": "noaux_tc""#) == true)
    #expect(try hasBias("minimax-m2") == true)
    #expect(try hasBias("minimax-m2", #""use_routing_bias": false"#) == false)
    #expect(try hasBias("glm-4.5-air") == true)
  }

  @Test("a tied embedding is counted once, and the default is not tied")
  func tied() throws {
    let apart = try ModelConfig.changed("llama-3-8b", #""tie_word_embeddings": null"#)
    let tied = try ModelConfig.changed("llama-3-8b", #""tie_word_embeddings": true"#)

    #expect(apart.mainParameters - tied.mainParameters == 128_256 * 4096)
    #expect(tied.activeParametersWithoutEmbedding == tied.activeParameters)
  }

  @Test("the name is the last part of the path that a file was saved under, or its type")
  func name() throws {
    #expect(try ModelConfig.fixture("glm-5").name == "glm_moe_dsa")
    let saved = try ModelConfig.changed("glm-5", #""_name_or_path": "/models/zai-org/GLM-5""#)
    #expect(saved.name == "GLM-5")
    #expect(try ModelConfig.changed("glm-5", #""_name_or_path": """#).name == "glm_moe_dsa")
  }

  @Test("characters beyond 16 bits, escaped as two codes, do not matter")
  func escapes() throws {
    let text = #"{"a": "\ud83d\ude00 \\ud83d \/ \uff5c","#
    let config = try String(contentsOf: fixtureURL("configs/llama-3-8b.json"), encoding: .utf8)

    #expect(try ModelConfig.written(text + config.dropFirst()).hidden == 4096)
  }
}

extension ModelSpec {
  /// The model with another source.
  fileprivate func with(source: SourceText) -> ModelSpec {
    var copy = self
    copy.source = source
    return copy
  }
}
