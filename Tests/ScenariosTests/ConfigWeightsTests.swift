// Published formats of weights in configurations.

import Foundation
import ModelCost
import Testing

@testable import Scenarios

@Suite("Formats of weights in configurations")
struct ConfigWeightsTests {
  /// A description by compressed-tensors.
  private static func compressed(_ weights: String, ignore: String = "") -> String {
    #"""
    "quant_method": "compressed-tensors", "ignore": [\#(ignore)],
    "config_groups": {"group_0": {"targets": ["Linear"], "weights": {\#(weights)}}}
    """#
  }

  private static func int4(_ size: Int, ignore: String = "") -> String {
    compressed(
      #""num_bits": 4, "type": "int", "strategy": "group", "group_size": \#(size)"#, ignore: ignore)
  }

  private static func float(_ bits: Int, _ strategy: String) -> String {
    compressed(#""num_bits": \#(bits), "type": "float", "strategy": \#(strategy)"#)
  }

  /// Kimi-K2.5's list, which leaves out all but routed experts.
  private static let allButExperts = #"""
    "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
    "re:.*mlp\\.(gate|up|gate_up|down)_proj.*"
    """#

  /// The same in names with stars, and in parts of names.
  private static let namedAttention = #"""
    \#((0..<48).map { #""model.layers.\#($0).self_attn.q_proj""# }.joined(separator: ",")),
    "*.k_proj", "v_proj", "self_attn.o_proj"
    """#

  static let schemes: [(name: String, config: String, scheme: WeightScheme)] = [
    (
      "deepseek-v3", #""quant_method": "fp8", "weight_block_size": [128, 128]"#,
      WeightScheme(.fp8Tile)
    ),
    ("deepseek-v3", #""quant_method": "fp8""#, WeightScheme(.fp8Tensor)),
    ("gpt-oss-20b", #""quant_method": "mxfp4""#, WeightScheme(.mxfp4, .experts)),
    (
      "minimax-m2", #""quant_method": "fp8", "modules_to_not_convert": ["gate", "lm_head"]"#,
      WeightScheme(.fp8Tensor)
    ),
    ("llama-3-8b", int4(128, ignore: #""lm_head""#), WeightScheme(.int4Group128)),
    ("llama-3-8b", int4(64), WeightScheme(.int4Group64)),
    ("kimi-k2", int4(32, ignore: allButExperts), WeightScheme(.int4Group32, .experts)),
    ("kimi-k2.5", int4(32, ignore: allButExperts), WeightScheme(.int4Group32, .experts)),
    ("qwen3-30b-a3b", int4(32, ignore: namedAttention), WeightScheme(.int4Group32, .experts)),
    ("llama-3-8b", int4(32, ignore: #""self_attn", "mlp""#), .bf16),
    ("llama-3-8b", float(8, #""tensor""#), WeightScheme(.fp8Tensor)),
    (
      "llama-3-8b", float(8, #""block", "block_structure": [128, 128]"#), WeightScheme(.fp8Tile)
    ),
    ("llama-3-8b", float(4, #""tensor_group", "group_size": 16"#), WeightScheme(.nvfp4)),
    (
      "llama-3-8b", #""quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"]"#,
      WeightScheme(.nvfp4)
    ),
  ]

  @Test("are read from quantization_config", arguments: schemes.indices)
  func scheme(index: Int) throws {
    let (name, config, scheme) = Self.schemes[index]
    let model = try ModelConfig.changed(name, #""quantization_config": {\#(config)}"#)

    #expect(model.weights == scheme)
  }

  @Test("a wrapper's own quantization_config holds if the text model has none")
  func outer() throws {
    let text = try String(contentsOf: fixtureURL("configs/llama-4-scout.json"), encoding: .utf8)
    let model = try ModelConfig.written(
      #"{"quantization_config": {"quant_method": "fp8"},"# + text.dropFirst())

    #expect(model.weights == WeightScheme(.fp8Tensor))
  }

  @Test(
    "ModelOpt's are in the file beside it",
    arguments: [("NVFP4", WeightFormat.nvfp4), ("FP8", .fp8Tensor)])
  func modelOpt(edit: (word: String, format: WeightFormat)) throws {
    func scheme(_ left: String) throws -> WeightScheme {
      try ModelConfig.changed(
        "deepseek-v3", #""quantization_config": {"quant_method": "modelopt"}"#,
        beside: """
          {"producer": {"name": "modelopt"}, "quantization":
          {"quant_algo": "\(edit.word)", "exclude_modules": [\(left)]}}
          """
      ).weights
    }

    #expect(try scheme("\"lm_head\"") == WeightScheme(edit.format))
    #expect(
      try scheme(
        #""*self_attn*", "*shared_experts*", "model.layers.[0]", "model.layers.?""#
          + #", "model.layers.0.mlp*", "model.layers.1.mlp*", "model.layers.2.mlp*""#)
        == WeightScheme(edit.format, .experts))
  }

  /// Problems with a format, and the start of the message.
  static let refused: [(config: String, problem: String)] = [
    (#""bits": 4"#, "quant_method: is required"),
    (#""quant_method": "gptq""#, #"quant_method: "gptq" is not a known format of weights"#),
    (
      #""quant_method": "fp8", "weight_block_size": [64, 64]"#,
      #"weight_block_size: "[64, 64]": only blocks of [128, 128] are modelled"#
    ),
    (
      #""quant_method": "fp8", "modules_to_not_convert": ["self_attn"]"#,
      #"quant_method: "fp8_tensor" leaves out attention: only all linear layers, or routed"#
    ),
    (
      #""quant_method": "fp8", "modules_to_not_convert": ["model.layers.7.mlp.experts"]"#,
      #"quant_method: "fp8_tensor" leaves out routed experts"#
    ),
    (
      #""quant_method": "compressed-tensors", "config_groups": {}"#,
      #"config_groups: "": one group of one format is modelled"#
    ),
    (int4(16), #"config_groups.group_0.weights.group_size: "16": only groups of 32, 64, 128"#),
    (
      float(8, #""channel""#),
      #"config_groups.group_0.weights: "float, 8 bits, channel" is not modelled"#
    ),
    (int4(32, ignore: #""re:(""#), #"ignore: "re:(" is not a valid expression"#),
    (
      #""quant_method": "modelopt", "quant_algo": "W4A8_AWQ""#,
      #"quant_algo: "W4A8_AWQ": only NVFP4 and FP8 are modelled"#
    ),
    (
      #""quant_method": "modelopt""#,
      #"quant_method: "modelopt": its formats are in hf_quant_config.json beside the file: "#
    ),
  ]

  @Test("others are refused by key", arguments: refused.indices)
  func refusal(index: Int) throws {
    let found = try ModelConfig.problems(
      "deepseek-v3", #""quantization_config": {\#(Self.refused[index].config)}"#)

    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix("quantization_config." + Self.refused[index].problem) == true,
      "\(found)")
  }

  @Test("the published size of Kimi-K2.5 is that of four-bit experts and BF16 elsewhere")
  func kimi() throws {
    let model = try ModelConfig.fixture("kimi-k2.5")
    let kinds = [.embedding, .head] + model.layerKinds
    let bytes = model.weights.bytes(of: kinds.flatMap { model.weights(of: $0) })

    // The published index: 594.2 GB.
    #expect(abs(Double(bytes) / 1e9 - 594.2) < 0.05, "\(bytes)")
  }
}
