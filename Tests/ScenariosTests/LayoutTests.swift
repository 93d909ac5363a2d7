// Stages, recomputation and groups of layouts in scenarios, under native names and Megatron-LM's.

import ModelCost
import Testing
import Training

@testable import Scenarios

/// A training scenario with some keys.
private func text(
  model: String, nodes: Int, training: [String], parallel: [String], schedule: String = "1f1b"
) -> String {
  """
  name: layout
  cluster: {node: h100-sxm, nodes: \(nodes)}
  model: \(model)
  training:
    schedule: \(schedule)
    \(training.joined(separator: "\n  "))
    parallel: {\(parallel.joined(separator: ", "))}
    precision: {gemm: bf16, dispatch: bf16, weights: bf16}
  """
    + (training.contains { $0.hasPrefix("activations") }
      ? "\n" : "\n  activations: {cached: bf16}\n")
}

@Suite("Layouts in scenarios")
struct LayoutTests {
  /// The refused vectors of the layouts' fixture, and the key and reason of each.
  static let illegal = [
    (
      text(
        model: "llama-4-maverick", nodes: 16,
        training: ["sequence_length: 4096 tokens", "global_batch: 64"],
        parallel: ["pipeline: 1", "tensor: 16", "expert: 16"]), "training.parallel.tensor",
      "\"16\" does not divide the 40 attention heads"
    ),
    (
      text(
        model: "qwen3-235b-a22b", nodes: 6,
        training: ["sequence_length: 4096 tokens", "global_batch: 96"],
        parallel: ["pipeline: 1", "expert: 24"]), "training.parallel.expert",
      "\"24\" does not divide the 128 routed experts"
    ),
    (
      text(
        model: "deepseek-v3", nodes: 1,
        training: ["sequence_length: 4096 tokens", "global_batch: 8"],
        parallel: ["pipeline: 1", "expert: 64"]), "training.parallel.expert",
      "\"64\" does not divide the 8 pipelines"
    ),
    (
      text(
        model: "llama-3-70b", nodes: 16,
        training: ["sequence_length: 32768 tokens", "global_batch: 1"],
        parallel: ["pipeline: 1", "tensor: 8", "context: 16", "context_exchange: a2a"]),
      "training.parallel.context", "\"16\" does not divide the 8 heads"
    ),
    (
      text(
        model: "deepseek-v3", nodes: 16,
        training: [
          "sequence_length: 4096 tokens", "global_batch: 32", "stages: Et*16|t*16|t*16|t*14L",
          "train_mtp: false",
        ], parallel: ["pipeline: 4", "expert: 32"]), "training.stages", "has 62 t for 61 layers"
    ),
    (
      text(
        model: "llama-3-8b", nodes: 3,
        training: ["sequence_length: 8192 tokens", "global_batch: 8"],
        parallel: ["pipeline: 1", "context: 3"]), "training.sequence_length",
      "do not divide into the 6 parts of context 3"
    ),
    (
      text(
        model: "mixtral-8x7b", nodes: 2,
        training: ["sequence_length: 2048 tokens", "global_batch: 128"],
        parallel: ["pipeline: 1", "tensor: 2", "expert: 8", "expert_tensor: 3"]),
      "training.parallel.expert_tensor", "\"3\" does not divide the 14336 columns"
    ),
    (
      text(
        model: "mixtral-8x7b", nodes: 2,
        training: ["sequence_length: 2048 tokens", "global_batch: 128"],
        parallel: ["pipeline: 1", "tensor: 2", "expert: 8", "expert_tensor: 4"]),
      "training.parallel.expert", "\"8\" x expert_tensor 4 does not divide the 16 GPUs"
    ),
  ]

  @Test("a layout that is not legal is refused at its key, for its reason", arguments: illegal)
  func refused(text: String, key: String, words: String) {
    let found = problems(text)

    #expect(
      found.contains { $0.keyPath == key && $0.message.contains(words) },
      "\(found.map { "\($0.keyPath): \($0.message)" })")
  }

  @Test("DeepSeek-V3's layout of Megatron-Bridge fixes the chunks, under either name")
  func bridge() throws {
    let recomputed = "expert_output, attention_up_projection, mlp"
    let native = text(
      model: "deepseek-v3", nodes: 128,
      training: [
        "stages: Et|(tt|)*30mL", "sequence_length: 4096 tokens", "global_batch: 8192",
        "microbatch: 1", "activations: {cached: bf16, recompute: [\(recomputed)]}",
      ], parallel: ["tensor: 2", "pipeline: 8", "expert: 64"], schedule: "interleaved")
    let foreign = text(
      model: "deepseek-v3", nodes: 128,
      training: [
        "pipeline_model_parallel_layout: Et|(tt|)*30mL", "seq_length: 4096",
        "global_batch_size: 8192", "micro_batch_size: 1",
        "recompute_granularity: selective", "recompute_modules: [core_attn, mla_up_proj, mlp]",
        "activations: {cached: bf16}", "tensor_model_parallel_size: 2",
      ],
      parallel: ["pipeline_model_parallel_size: 8", "expert_model_parallel_size: 64"],
      schedule: "interleaved")

    let scenarios = try [native, foreign].map { try Scenario.decode(text: $0, file: "a.yaml") }

    #expect(scenarios[0].training == scenarios[1].training)
    #expect(scenarios[0].training.chunks == 4)
    #expect(scenarios[0].training.stages?.stages.last?.modules == 1)
    let names = scenarios[0].megatronNames.map { "\($0.name)=\($0.value)" }
    #expect(names.contains("pipeline_model_parallel_layout=Et|(tt|)*30mL"))
    #expect(names.contains("recompute_modules=[mla_up_proj, mlp]"))
  }

  @Test(
    "modules that a model does not have are not named, and what has no name is listed",
    arguments: [
      ("deepseek-v3", 64, "[layernorm, mla_up_proj, mlp]", ["swiglu"]),
      ("llama-3-70b", 1, "[layernorm, mlp]", ["attention_up_projection", "swiglu"]),
    ])
  func modules(model: String, expert: Int, modules: String, nameless: [String]) throws {
    let outputs = "rmsnorm, attention_up_projection, swiglu, expert_output, mlp"
    let scenario = try Scenario.decode(
      text: text(
        model: model, nodes: 128,
        training: [
          "sequence_length: 4096 tokens", "global_batch: 8192",
          "activations: {cached: bf16, recompute: [\(outputs)]}",
        ], parallel: ["pipeline: 1"] + (expert > 1 ? ["expert: \(expert)"] : [])), file: "a.yaml")

    let names = scenario.megatronNames.map { "\($0.name)=\($0.value)" }
    #expect(names.contains("recompute_modules=\(modules)"))
    #expect(scenario.withoutMegatronName == nameless)
  }

  @Test("whole layers under Megatron-LM's names")
  func granularity() throws {
    let scenario = try Scenario.decode(
      text: text(
        model: "llama-3-70b", nodes: 8,
        training: [
          "sequence_length: 8192 tokens", "global_batch: 64", "recompute_granularity: full",
          "recompute_method: block", "recompute_num_layers: 3", "activations: {cached: bf16}",
        ], parallel: ["pipeline: 1", "tensor: 8"]), file: "a.yaml")

    #expect(scenario.training.activations.recompute == [.full])
    #expect(scenario.training.activations.wholeLayers == .first(3))
    let names = scenario.megatronNames.map { "\($0.name)=\($0.value)" }
    #expect(
      names.suffix(3) == [
        "recompute_granularity=full", "recompute_method=block", "recompute_num_layers=3",
      ])
  }

  @Test("a key under two names is one problem, and a setting under another name replaces the key")
  func bothNames() throws {
    let both = text(
      model: "llama-3-8b", nodes: 1,
      training: ["sequence_length: 8192 tokens", "global_batch: 8", "seq_length: 8192"],
      parallel: ["pipeline: 1"])
    #expect(
      problems(both).map(\.message) == [
        "is another name of training.sequence_length, which is written too"
      ])

    let scenario = try Scenario.decode(
      text: try shippedText(), file: "a.yaml",
      overrides: ["training.expert_model_parallel_size=32"])
    #expect(scenario.training.layout.expert == 32)
  }

  @Test("layers of the first and last rank leave an even rest")
  func ends() throws {
    func scenario(_ keys: String...) -> String {
      text(
        model: "llama-3-70b", nodes: 4,
        training: ["sequence_length: 8192 tokens", "microbatches: 8"] + keys,
        parallel: ["pipeline: 4", "tensor: 8"])
    }
    let legal = try Scenario.decode(
      text: scenario(
        "num_layers_in_first_pipeline_stage: 19", "num_layers_in_last_pipeline_stage: 17"),
      file: "a.yaml")

    #expect(legal.training.stages?.partition == [19, 22, 22, 17])
    #expect(
      problems(scenario("num_layers_in_last_pipeline_stage: 17")).map(\.keyPath)
        == [])
    #expect(
      problems(scenario("num_layers_in_last_pipeline_stage: 18")).map(\.keyPath)
        == ["training.num_layers_in_last_pipeline_stage"])
    #expect(!problems(scenario("stages: Et*80|||L", "partition: [80, 0, 0, 0]")).isEmpty)
  }
}
