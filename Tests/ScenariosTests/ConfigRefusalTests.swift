// What a configuration is refused for: by key, with the value and the reason.

import Foundation
import ModelCost
import Testing

@testable import Scenarios

@Suite("Configurations that are refused")
struct ConfigRefusalTests {
  /// Key and message of the only problem of a changed configuration.
  static let refused: [(name: String, changes: String, problem: String)] = [
    (
      "deepseek-v3", #""model_type": "deepseek_v4", "compress_ratios": [4, 128, 0]"#,
      #"compress_ratios: "[4, 128, 0]": compressed attention (DeepSeek-V4) is not modelled"#
    ),
    (
      "kimi-k2.5", #""linear_attn_config": {"kda_layers": [1]}"#,
      #"text_config.linear_attn_config: "{kda_layers: [1]}": linear attention (Kimi-K3) is not"#
        + " modelled"
    ),
    (
      "qwen3-30b-a3b", #""layer_types": ["full_attention", "linear_attention"]"#,
      #"layer_types[1]: "linear_attention": linear attention (Qwen3.5) is not modelled"#
    ),
    (
      "minimax-m2", #""attn_type_list": [1, 0]"#,
      #"attn_type_list[1]: "0": linear attention is not modelled"#
    ),
    (
      "minimax-m2", #""sparse_attention_config": {"block": 64}"#,
      #"sparse_attention_config: "{block: 64}": block-sparse attention (MiniMax-M3) is not"#
        + " modelled"
    ),
    (
      "glm-5", #""indexer_types": ["full", "shared"]"#,
      #"indexer_types[1]: "shared": layers that share an indexer (GLM-5.2) are not modelled"#
    ),
    (
      "llama-3-8b", #""model_type": "lama""#,
      #"model_type: "lama" is not a known type: describe the model with native keys"#
    ),
    ("llama-3-8b", #""mlp_bias": true"#, #"mlp_bias: "true": biases of feed-forward layers"#),
    (
      "deepseek-v3", #""attention_bias": true"#,
      #"attention_bias: "true": biases of latent attention are not modelled"#
    ),
    (
      "llama-3-8b", #""sliding_window": 4096"#,
      #"sliding_window: "4096": no layer of a llama has a window"#
    ),
    (
      "deepseek-v3", #""scoring_func": "sqrtsoftplus""#,
      #"scoring_func: "sqrtsoftplus" is not a choice"#
    ),
    ("llama-3-8b", #""hidden_size": "4096""#, #"hidden_size: "4096" is text"#),
    ("llama-3-8b", #""hidden_size": true"#, #"hidden_size: "true" is not a whole number"#),
    ("llama-3-8b", #""hidden_size": 4096.5"#, #"hidden_size: "4096.5" is not a whole number"#),
    ("llama-3-8b", #""hidden_size": 0"#, #"hidden_size: "0" is out of range"#),
    ("llama-3-8b", #""hidden_size": -1"#, #"hidden_size: "-1" is out of range"#),
    ("llama-3-8b", #""num_hidden_layers": 2000"#, #"num_hidden_layers: "2000" is out of range"#),
    ("llama-3-8b", #""vocab_size": [1]"#, "vocab_size: is a list, not a single value"),
    ("llama-3-8b", #""tie_word_embeddings": 1"#, #"tie_word_embeddings: "1" is not a truth"#),
    (
      "llama-3-8b", #""num_key_value_heads": 7"#,
      #"num_key_value_heads: "7" does not divide the 32 heads"#
    ),
    (
      "llama-3-8b", #""num_attention_heads": 24"#,
      #"head_dim: is required: the 24 heads do not divide the hidden size "4096""#
    ),
    (
      "mixtral-8x7b", #""num_experts_per_tok": 9"#,
      #"num_experts_per_tok: "9" is more than the 8 routed experts"#
    ),
    ("deepseek-v3", #""n_group": 7"#, #"n_group: "7" does not divide the 256 routed experts"#),
    ("deepseek-v3", #""topk_group": 9"#, #"topk_group: "9" is more than the 8 groups"#),
    (
      "deepseek-v3", #""first_k_dense_replace": 61"#,
      "first_k_dense_replace: leaves none of the 61 layers with experts"
    ),
    ("gpt-oss-20b", #""layer_types": ["full_attention"]"#, "layer_types: has 1 entries"),
    ("llama-4-scout", #""moe_layers": [48]"#, #"text_config.moe_layers[0]: "48" is out of range"#),
  ]

  @Test("by key, value and reason", arguments: refused.indices)
  func refusal(index: Int) throws {
    let (name, changes, problem) = Self.refused[index]
    let found = try ModelConfig.problems(name, changes)

    #expect(found.count == 1, "\(found)")
    #expect(found.first?.hasPrefix(problem) == true, "\(found)")
  }

  @Test(
    "a missing key is named by the first of its names",
    arguments: [
      ("llama-3-8b", "hidden_size", "hidden_size"),
      ("llama-3-8b", "num_hidden_layers", "num_hidden_layers"),
      ("llama-3-8b", "vocab_size", "vocab_size"),
      ("llama-3-8b", "num_attention_heads", "num_attention_heads"),
      ("llama-3-8b", "intermediate_size", "dense_intermediate_size"),
      ("mixtral-8x7b", "num_local_experts", "n_routed_experts"),
      ("mixtral-8x7b", "num_experts_per_tok", "num_experts_per_tok"),
      ("deepseek-v3", "moe_intermediate_size", "moe_intermediate_size"),
      ("deepseek-v3", "kv_lora_rank", "kv_lora_rank"),
      ("deepseek-v3", "first_k_dense_replace", "first_k_dense_replace"),
      ("deepseek-v3.2", "index_topk", "index_topk"),
      ("deepseek-v3.2", "index_n_heads", "index_n_heads"),
      ("llama-4-scout", "interleave_moe_layer_step", "text_config.interleave_moe_layer_step"),
    ])
  func missing(edit: (name: String, key: String, named: String)) throws {
    let message = ["\(edit.named): is required"]

    #expect(try ModelConfig.problems(edit.name, "", without: edit.key) == message)
    #expect(try ModelConfig.problems(edit.name, "\"\(edit.key)\": null") == message)
  }

  @Test("every problem is reported at once, at its line")
  func together() throws {
    let text = """
      {
        "model_type": "llama",
        "hidden_size": 0,
        "vocab_size": "x"
      }
      """
    let problem = #expect(throws: ScenarioProblem.self) { try ModelConfig.written(text) }
    let lines = problem?.diagnostics.map { "\($0.line ?? 0) \($0.keyPath)" }

    #expect(
      lines == [
        "1 num_hidden_layers", "1 dense_intermediate_size", "1 num_attention_heads",
        "3 hidden_size", "4 vocab_size",
      ])
    #expect(problem?.exitStatus == .badData)
  }

  @Test(
    "texts that are not an object in JSON",
    arguments: [
      ("", "is not JSON"), ("model_type: llama", "is not JSON"), ("[]", "is not an object in JSON"),
      ("{\"a\": NaN}", "is not JSON"), ("{'a': 1}", "is not JSON"), ("7", "is not JSON"),
      ("{\"a\": 1", "is not JSON"), ("{\"a\": 1e999}", "is not JSON"),
      (String(repeating: "[", count: 100_000), "is nested deeper than 32 levels"),
      ("{\"a\": 1, \"a\": 2}", "key \"a\" is written twice"),
    ])
  func notJSON(edit: (text: String, message: String)) {
    let problem = #expect(throws: ScenarioProblem.self) { try ModelConfig.written(edit.text) }

    #expect(problem?.diagnostics.count == 1)
    #expect(problem?.diagnostics.first?.message.hasPrefix(edit.message) == true, "\(problem!)")
    #expect(problem?.exitStatus == .badData)
  }

  @Test("a file that does not exist is another exit status than a folder or a large file")
  func files() throws {
    let missing = #expect(throws: ScenarioProblem.self) {
      try ModelConfig.load(path: "/nowhere/config.json")
    }
    let folder = #expect(throws: ScenarioProblem.self) { try ModelConfig.load(path: "/tmp") }
    let large = #expect(throws: ScenarioProblem.self) {
      try ModelConfig.written(String(repeating: " ", count: 1_000_001))
    }

    #expect(missing?.exitStatus == .noInput)
    #expect(missing?.description == "/nowhere/config.json: no such file")
    #expect(folder?.exitStatus == .badData)
    #expect(large?.description.contains("is larger than 1000000 bytes") == true)
  }
}
