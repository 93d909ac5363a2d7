// Keys of `training.sharding`: what is read, and what is refused with which advice.

import ModelCost
import Testing
import Training

@testable import Scenarios

@Suite("Keys of sharded states")
struct ShardingKeysTests {
  @Test("absent keys mean ZeRO-1; gathered parameters stay under a pipeline")
  func defaults() throws {
    let plain = try Scenario.load(path: shippedPath("dense-72b"))
    let sharded = try Scenario.load(
      path: shippedPath("dense-72b"), overrides: ["training.sharding={states: parameters}"])

    #expect(plain.training.sharding.states == .optimizer)
    #expect(sharded.training.sharding == StateSharding(states: .parameters, reshards: false))
  }

  @Test("a recipe has Megatron-LM's defaults, not those of the DeepSeek-V3 report")
  func recipe() throws {
    let scenario = try mainScenario(
      "training.precision={recipe: fp8_tile}", "training.activations={recompute: []}")
    let spec = scenario.training

    #expect(spec.precision.recipe == .fp8Tile)
    #expect(spec.precision.gemm == .fp8)
    #expect(spec.precision.dispatch == .bf16)
    #expect(spec.precision.moments == .fp32)
    #expect(spec.activations.cached == .bf16)
  }

  @Test("tokens travel in BF16 unless products or the scenario ask for FP8")
  func dispatch() throws {
    func dispatch(_ precision: String) throws -> Precision {
      try mainScenario("training.precision=\(precision)").training.precision.dispatch
    }
    let without = try mainProblems(
      "cluster.node=a100-sxm", "training.precision={gemm: bf16}",
      "training.activations={cached: bf16}")

    #expect(try dispatch("{gemm: bf16}") == .bf16)
    #expect(try dispatch("{gemm: bf16, dispatch: fp8}") == .fp8)
    #expect(try dispatch("{gemm: fp8}") == .fp8)
    #expect(try dispatch("{combine: bf16}") == .fp8)
    #expect(!without.contains { $0.keyPath == "training.precision.dispatch" })
  }

  @Test(
    "what cannot be is refused at its key",
    arguments: [
      (
        "training.sharding={states: gradients}", "training.sharding.states",
        "whose ranks hold two copies"
      ),
      (
        "training.sharding={replicate: 3}", "training.sharding.replicate",
        "does not divide the 128 GPUs"
      ),
      (
        "training.sharding={states: none, replicate: 2}", "training.sharding.replicate",
        "needs states that are divided"
      ),
      (
        "training.sharding={overlap_gradients: true}", "training.sharding.overlap_gradients",
        "whose ranks hold two copies"
      ),
      ("training.sharding={prefetch: true}", "training.sharding.prefetch", "needs sharded"),
      ("training.precision.master=none", "training.precision.master", "needs weights"),
      ("training.precision={recipe: mxfp8}", "training.precision.recipe", "not supported by GPU"),
      (
        "training.precision={recipe: bf16, gemm: fp8}", "training.precision.gemm",
        "contradicts recipe: bf16"
      ),
      ("training.parallel.overlap=pipelined", "training.parallel.overlap", "needs tokens"),
      ("training.precision={primary: quantised}", "training.precision.primary", "cast once a step"),
    ])
  func refused(setting: String, path: String, message: String) throws {
    let found = try mainProblems(setting)

    #expect(found.map(\.keyPath) == [path])
    #expect(found.allSatisfy { $0.message.contains(message) }, "\(found.map(\.message))")
  }

  @Test("shards that would fill parts of nodes are refused with the nearest replicas")
  func unevenShards() throws {
    func found(_ replicas: Int) throws -> [Diagnostic] {
      problems(
        try shippedText("llama-3-70b-fsdp"),
        [
          "cluster.nodes=6", "training.global_batch=48 sequences",
          "training.sharding.replicate=\(replicas)",
        ]
      ).filter { $0.keyPath == "training.sharding.replicate" }
    }

    // 48 GPUs: shards of 12 on nodes of 8, of 24 on three of them, of 6 on parts of one.
    let twelve = try found(4)

    #expect(
      twelve.map(\.message) == [
        "\"4\" leaves 12 shards of parameters, which neither divide the 8 replicas of a scale-up"
          + " domain nor consist of whole ones"
      ])
    #expect(twelve.first?.allowed == "nearest: 3 or 6")
    #expect(try found(2).isEmpty)
    #expect(try found(8).count == 1)
  }

  @Test("an update in host memory that would exceed the clock is refused")
  func slowHost() throws {
    func refuses(_ model: String) throws -> Bool {
      try mainProblems("model={base: deepseek-v3, \(model)}", "training.offload={link: 100 MB/s}")
        .contains { $0.keyPath == "training.offload" && $0.message.contains("limit of 10") }
    }

    #expect(try refuses("hidden: 131072, dense_intermediate: 524288"))
    #expect(try !refuses("name: same"))
  }
}
