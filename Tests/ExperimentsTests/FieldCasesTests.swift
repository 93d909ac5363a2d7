// Layouts that people ran or asked about in public, in this program's terms: what fits, what is
// legal, and how large it is. Sources are issues and published recipes.

import ModelCost
import Recording
import Scenarios
import Testing
import Training

@testable import Experiments

@Suite("Cases from the field")
struct FieldCasesTests {
  private static let bf16 = "precision: {recipe: bf16}"

  private func scenario(_ model: String, node: String, nodes: Int, _ question: String) throws
    -> Scenario
  {
    try Scenario.decode(
      text: """
        name: a
        cluster: {node: \(node), nodes: \(nodes)}
        model: \(model)
        \(question.replacing("\n", with: " "))

        """, file: "a.yaml")
  }

  private func peak(_ scenario: Scenario) throws -> Double {
    let record = try Trial(scenario, programVersion: "test").run()
    let bytes = try #require(record.result.metrics.first { $0.kind == .peakMemory }?.value)
    return bytes / 1_073_741_824
  }

  @Test("a 16B model without query compression trains on eight H100 with sharded weights")
  func titan() throws {
    // pytorch/torchtitan #1789: 73.3 GiB reserved, an allocator's slack included.
    let training = """
      training: {schedule: 1f1b, sequence_length: 4096, microbatch: 4, microbatches: 1,
      parallel: {pipeline: 1, expert: 8}, sharding: {states: parameters},
      precision: {recipe: bf16, weights: fp32, master: none}, activations: {recompute: [full]}}
      """
    let peak = try peak(scenario("deepseek-v2-lite", node: "h100-sxm", nodes: 1, training))

    #expect(peak > 40 && peak < 73.3)
  }

  @Test("Mixtral on 16 H100 needs experts that a tensor group divides")
  func mixtral() throws {
    // NVIDIA/Megatron-LM #756: EP8, TP2, both of experts too.
    func training(_ expertTensor: Int) -> String {
      """
      training: {schedule: 1f1b, sequence_length: 2048, global_batch: 128,
      parallel: {pipeline: 1, tensor: 2, expert: 8, expert_tensor: \(expertTensor)}, \(Self.bf16),
      activations: {recompute: []}}
      """
    }
    let fits = try peak(scenario("mixtral-8x7b", node: "h100-sxm", nodes: 2, training(2)))

    #expect(fits < 79.1)
    #expect(throws: TrainingRefusal.self) {
      try peak(scenario("mixtral-8x7b", node: "h100-sxm", nodes: 2, training(1)))
    }
  }

  @Test("R1 on 128 H100 fits with whole layers recomputed and the optimizer on the host")
  func miles() throws {
    // radixark/miles PR 1102: TP8 PP4 CP4 EP32, stages of 16, 16, 16 and 13 layers.
    func training(_ rest: String) -> String {
      """
      training: {schedule: 1f1b, partition: [16, 16, 16, 13], sequence_length: 65536,
      microbatches: 8, train_mtp: false,
      parallel: {tensor: 8, pipeline: 4, context: 4, expert: 32}, \(Self.bf16), \(rest)}
      """
    }
    let whole = "activations: {recompute: [full]}"
    let r1 = try peak(
      scenario(
        "deepseek-v3", node: "h100-sxm", nodes: 16, training("\(whole), offload: {share: 1}")))

    #expect(r1 < 79.1)
    #expect(throws: TrainingRefusal.self) {
      try peak(scenario("deepseek-v3", node: "h100-sxm", nodes: 16, training(whole)))
    }
  }

  @Test("V3 in BF16 fits 256 H200 with the up-projections recomputed")
  func recipe() throws {
    // AI-Hypercomputer/gpu-recipes PR 195: PP16 EP8, global batch 2,048.
    let training = """
      training: {schedule: 1f1b, sequence_length: 4096, global_batch: 2048,
      parallel: {pipeline: 16, expert: 8}, precision: {recipe: bf16, gradients: bf16},
      activations: {recompute: [attention_up_projection]}}
      """
    let peak = try peak(scenario("deepseek-v3", node: "h200-sxm", nodes: 32, training))

    #expect(peak < 139.9)
  }

  @Test("without recomputation, V3 with FP8 caches holds about 0.50 MB a token and layer")
  func activations() throws {
    // deepseek-ai/profile-data #18, by hand.
    let model = ModelSpec.deepseekV3
    let bytes = model.layerActivations(
      isExpertLayer: true, policy: ActivationPolicy(recompute: [], cached: .fp8),
      recipe: .deepseek, sharding: .none
    ).kept

    #expect(abs(bytes / 0.50e6 - 1) < 0.05)
  }

  @Test("Megatron's layout of V3 on 1,024 H100 is legal, with embedding and head on their own")
  func megatron() throws {
    // NVIDIA-NeMo/Megatron-Bridge #1502, #1549.
    let scenario = try Scenario.decode(
      text: """
        name: a
        cluster: {node: h100-sxm, nodes: 128}
        model: deepseek-v3
        training:
          schedule: interleaved
          stages: Et|(tt|)*30mL
          sequence_length: 4096
          global_batch: 8192
          parallel: {tensor: 2, pipeline: 8, expert: 64}
          precision: {recipe: fp8_tile}
          activations: {recompute: [attention_up_projection, mlp, expert_output]}

        """, file: "a.yaml")

    #expect(try peak(scenario) < 79.1)
  }

  @Test("Kimi-K2: its parameters and cache, and that 8 H100 have no room for it")
  func kimi() throws {
    // MoonshotAI/Kimi-K2 #76, vllm-project/recipes PR 62.
    let model = try #require(ModelSpec.catalogue.first { $0.name == "kimi-k2" })
    let serving = """
      inference: {phase: decode, batch: 8, context: 4096, expert_parallel: 8}
      """

    #expect(model.mainParameters == 1_026_408_232_448)
    #expect(model.kvBytesPerToken(.bf16) == 70_272)
    #expect(throws: (any Error).self) {
      try Trial(
        scenario("kimi-k2", node: "h100-sxm", nodes: 1, serving), programVersion: "test"
      ).run()
    }
  }
}
