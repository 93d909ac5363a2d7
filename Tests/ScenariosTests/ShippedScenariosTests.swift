import Cluster
import ModelCost
import Testing
import Training

@testable import Scenarios

@Suite("The shipped scenarios are valid")
struct ShippedScenariosTests {
  @Test("each shipped scenario loads under its own name", arguments: shippedNames)
  func loads(name: String) throws {
    let scenario = try Scenario.load(path: shippedPath(name))

    #expect(scenario.name == name)
    let order = scenario.text.dropFirst(try shippedText(name).count)
    #expect(scenario.text.hasPrefix(try shippedText(name)))
    #expect(order.split(separator: "\n").allSatisfy { $0.hasPrefix("# order: ") })
    #expect(order.isEmpty == (scenario.training.userSchedule == nil))
  }

  @Test("the main scenario is the DeepSeek-V3 report's: 2,048 GPUs, PP16, EP64, 15,360 sequences")
  func report() throws {
    let scenario = try mainScenario()

    #expect(scenario.cluster.gpuCount == 2048)
    #expect(scenario.cluster.node == NodeSpec.catalogue[0])
    #expect(scenario.model == .deepseekV3)
    #expect(scenario.training.layout == ParallelLayout(pipeline: 16, expert: 64, data: 128))
    #expect(scenario.training.globalBatch == 15_360)
    #expect(scenario.training.sequenceLength == 4096)
    #expect(scenario.training.runTokens == 14.8e12)
    #expect(scenario.training.precision == .deepseekV3)
    #expect(scenario.training.activations == .deepseekV3)
    #expect(scenario.training.communicationSMs == 20)
    #expect(scenario.training.nodeLimit == nil)
    #expect(scenario.training.trainsMTP)
    #expect(scenario.seed == 1)
  }

  @Test("the schedule is recorded under its canonical name, whichever alias the file uses")
  func alias() throws {
    let path = shippedPath("deepseek-v3-pretrain-zb1p")

    let scenario = try Scenario.load(path: path)

    #expect(scenario.training.schedule == "zb_h1")
  }

  @Test("the variants of the main scenario differ from it only in name and schedule")
  func variants() throws {
    let main = try shippedText().split(separator: "\n").dropFirst(2)

    for name in ["deepseek-v3-pretrain-1f1b", "deepseek-v3-pretrain-zb1p"] {
      let variant = try shippedText(name).split(separator: "\n").dropFirst(2)
      let changed = zip(main, variant).filter { $0 != $1 }.map { String($1) }

      #expect(variant.count == main.count)
      #expect(changed.count == 2)
      #expect(changed.first == "name: \(name)")
      #expect(changed.last?.contains("schedule:") == true)
    }
  }

  @Test("defaults of a dense model: no experts, no communication SMs, all GPUs")
  func denseDefaults() throws {
    let scenario = try Scenario.load(path: shippedPath("dense-72b"))

    #expect(scenario.training.layout == ParallelLayout(pipeline: 16, expert: 1, data: 16))
    #expect(scenario.training.microbatches == 128)
    #expect(scenario.training.communicationSMs == 0)
    #expect(!scenario.training.trainsMTP)
    #expect(scenario.training.kernelRelease == .february2025)
  }
}

@Suite("A scenario can describe entries that the catalogue lacks")
struct InlineEntryTests {
  @Test("a key below a catalogue name starts from that entry, and marks the scenario's changes")
  func changedNode() throws {
    let scenario = try mainScenario("cluster.node.nic=800 Gb/s")

    #expect(scenario.cluster.node.nicPerDirection.value == 100e9)
    #expect(scenario.cluster.node.gpu == NodeSpec.catalogue[0].gpu)
    #expect(scenario.cluster.node.name == "h800-sxm (changed)")
    let source = scenario.cluster.node.sources.first { $0.field == "nic_per_direction" }
    #expect(source?.source == FieldSource.scenario)
    let kept = scenario.cluster.node.sources.first { $0.field == "nvlink_latency" }
    #expect(kept == NodeSpec.catalogue[0].sources.first { $0.field == "nvlink_latency" })
  }

  @Test("a GPU below a node with a base starts from that node's GPU")
  func changedGPU() throws {
    let scenario = try mainScenario("cluster.node.gpu.memory=141 GB", "cluster.node.gpu.sms=120")

    #expect(scenario.cluster.node.gpu.memory.value == 141e9)
    #expect(scenario.cluster.node.gpu.smCount == 120)
    #expect(scenario.cluster.node.gpu.bf16Peak == NodeSpec.catalogue[0].gpu.bf16Peak)
  }

  @Test("a changed GPU keeps the kernels of its base, one with all rates of its own does not")
  func kernelsOfChangedGPU() throws {
    func gpu(_ overrides: String...) throws -> GPUSpec {
      try Scenario.decode(text: try shippedText(), file: "a.yaml", overrides: overrides)
        .cluster.node.gpu
    }

    let cheap = try gpu("cluster.node.gpu.price=3 USD/GPU-hour")
    let named = try gpu("cluster.node.gpu={base: h100-sxm, name: mine}")
    let own = try gpu(
      "cluster.node.gpu={name: mine, sms: 128, bf16_peak: 165 TFLOPS, fp8_peak: 330 TFLOPS,"
        + " memory_bandwidth: 1008 GB/s}")

    #expect(cheap.kernelName == "h800-sxm" && cheap.name == "h800-sxm (changed)")
    #expect(named.kernelName == "h100-sxm" && named.name == "mine")
    #expect(own.kernelName == "mine")
  }

  @Test("a model with a base keeps the base's other fields")
  func changedModel() throws {
    let scenario = try mainScenario("model.experts.routed=320", "model.layers=62")

    #expect(scenario.model.experts?.routed == 320)
    #expect(scenario.model.layers == 62)
    #expect(scenario.model.attention == ModelSpec.deepseekV3.attention)
    #expect(scenario.model.experts?.topK == 8)
  }

  @Test("a custom model has every field as written")
  func ownModel() throws {
    let model = try Scenario.load(path: shippedPath("tiny-16gpu")).model

    #expect(
      model
        == ModelSpec(
          name: "tiny-moe", hidden: 1024, layers: 8, vocabulary: 32_000,
          attention: .latent(
            LatentAttention(
              heads: 16, queryRank: 384, kvRank: 128, nopeHead: 64, ropeHead: 32, valueHead: 64)),
          denseIntermediate: 4096,
          experts: ExpertSpec(
            layers: .after(1), routed: 32, shared: 1, topK: 4, intermediate: 512, groups: 4,
            groupLimit: 2, gate: .sigmoid, hasSelectionBias: true),
          mtpModules: 0, source: "scenario"))
  }

  @Test("a node without a base is refused with every missing field")
  func missingFields() throws {
    let found = try mainProblems("cluster.node={name: mine, gpus_per_node: 8}")

    #expect(
      found.filter { $0.message == "is required" }.map(\.keyPath) == [
        "cluster.node.nic", "cluster.node.nvlink_latency", "cluster.node.network_latency",
        "cluster.node.gpu",
      ])
  }

  @Test("grouped attention on a base with latent attention requires all its fields")
  func otherAttention() throws {
    let found = try mainProblems("model.attention={grouped: {heads: 64, kv_heads: 8}}")

    #expect(found.map(\.keyPath) == ["model.attention.grouped.head_size"])
  }
}
