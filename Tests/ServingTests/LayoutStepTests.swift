// Whole steps in layouts with tensor groups, attention groups and stages.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Steps in layouts")
struct LayoutStepTests {
  private let h200: NodeSpec

  init() throws {
    h200 = try #require(NodeSpec.catalogue.first { $0.name == "h200-sxm" })
  }

  private func model(_ name: String) throws -> ModelSpec {
    try #require(ModelSpec.catalogue.first { $0.name == name })
  }

  private func spec(
    _ layout: InferenceLayout, phase: InferenceSpec.Phase = .decode, batch: Int = 16,
    context: Int = 2048, microbatches: Int = 1, loads: RoutingSpec = .uniform,
    gemm: Precision = .fp8, drafts: Double? = nil, fidelity: Fidelity = .folded
  ) -> InferenceSpec {
    InferenceSpec(
      phase: phase, batch: batch, context: context, layout: layout, redundantExperts: 0,
      microbatches: microbatches, kvCache: .bf16, formats: ProductFormats(gemm),
      mtpAcceptance: drafts, communicationSMs: phase.usualCommunicationSMs, routing: loads,
      planner: .best, kernelRelease: .april2025, fidelity: fidelity)
  }

  private func run(
    _ spec: InferenceSpec, _ name: String = "deepseek-v3", nodes: Int = 4, layers: Int? = nil
  ) throws -> SimulationResult {
    let cluster = ClusterSpec(node: h200, nodeCount: nodes)
    var model = try model(name)
    if let layers { model.layers = layers }
    return try InferenceStep(spec: spec, model: model, cluster: cluster).run()
  }

  private func value(_ kind: MetricKind, _ result: SimulationResult) throws -> Double {
    try #require(result.metrics.first { $0.kind == kind }?.value)
  }

  @Test("one GPU has no collectives: its step is its kernels, to the picosecond")
  func oneGPU() throws {
    for (name, gemm) in [("llama-3-8b", Precision.bf16), ("gpt-oss-120b", .bf16)] {
      var spec = spec(InferenceLayout(), gemm: gemm)
      spec.formats.weights = try model(name).weights
      let result = try run(spec, name, nodes: 1)

      #expect(result.network.traffic.isEmpty)
      #expect(Set(result.rankTimes.map(\.activity)) == [.compute])
      #expect(try value(.communicationTime, result) == 0)
    }
  }

  /// Layouts of every kind, with models that they fit.
  private static let layouts: [(String, InferenceLayout)] = [
    ("deepseek-v3", InferenceLayout(tensor: 8, experts: .divided)),
    ("deepseek-v3", InferenceLayout(tensor: 8)),
    ("deepseek-v3", InferenceLayout(tensor: 16)),
    ("deepseek-v3", InferenceLayout(tensor: 2, data: 8)),
    ("deepseek-v3.2", InferenceLayout(tensor: 4, data: 4, exchange: .gather)),
    ("deepseek-v3", InferenceLayout(tensor: 4, data: 2, experts: .divided, exchange: .gather)),
    ("deepseek-v3", InferenceLayout(tensor: 8, pipeline: 4)),
    ("deepseek-v3", InferenceLayout(tensor: 4, data: 2, pipeline: 2)),
    ("qwen3-235b-a22b", InferenceLayout(tensor: 4, data: 2)),
    ("llama-4-maverick", InferenceLayout(tensor: 8)),
    ("gpt-oss-120b", InferenceLayout(tensor: 2, pipeline: 2)),
    ("llama-3-70b", InferenceLayout(tensor: 4, data: 2, pipeline: 2)),
  ]

  @Test(
    "INV-13: the activities of every GPU sum to the step time, in decode and prefill",
    arguments: layouts.indices, InferenceSpec.Phase.allCases)
  func sums(index: Int, phase: InferenceSpec.Phase) throws {
    let (name, layout) = Self.layouts[index]
    let result = try run(
      spec(
        layout, phase: phase, batch: 6, context: 1024, microbatches: 2,
        loads: RoutingSpec(.logNormal(sigma: 0.5), seed: 3), fidelity: .everyGPU), name,
      layers: 7)

    try result.checkInvariants()
    #expect(result.rankTimes.gpuCount == layout.gpus)
    var sums: [Int: Int64] = [:]
    for row in result.rankTimes {
      sums[row.rank << 16 | row.member, default: 0] += row.time.picoseconds
    }
    #expect(sums.values.allSatisfy { $0 == result.stepTime.picoseconds })
  }

  @Test(
    "equal loads: one GPU of each stage stands for all, to the picosecond",
    arguments: layouts.indices, InferenceSpec.Phase.allCases)
  func folded(index: Int, phase: InferenceSpec.Phase) throws {
    let (name, layout) = Self.layouts[index]
    func result(_ fidelity: Fidelity) throws -> SimulationResult {
      try run(
        spec(layout, phase: phase, batch: 6, context: 1024, fidelity: fidelity), name, layers: 7)
    }
    let (one, all) = try (result(.folded), result(.everyGPU))

    #expect(one.stepTime == all.stepTime)
    #expect(one.network.traffic.count == all.network.traffic.count)
    for (a, b) in zip(one.network.traffic, all.network.traffic) {
      #expect(abs(a.bytesPerGPU.value - b.bytesPerGPU.value) <= 1e-9 * a.bytesPerGPU.value)
    }
  }

  @Test("bytes out of all GPUs equal bytes into them", arguments: layouts.indices)
  func conservation(index: Int) throws {
    let (name, layout) = Self.layouts[index]
    let traffic = try run(spec(layout), name, layers: 7).network.traffic
    func bytes(_ link: LinkClass) -> Double {
      traffic.reduce(0) { $0 + ($1.link == link ? $1.bytesPerGPU.value : 0) }
    }

    #expect(layout.gpus == 1 || bytes(.scaleUpOut) + bytes(.nicOut) > 0)
    #expect(abs(bytes(.nicOut) - bytes(.nicIn)) <= 1e-9 * bytes(.nicOut))
    #expect(abs(bytes(.scaleUpOut) - bytes(.scaleUpIn)) <= 1e-9 * bytes(.scaleUpOut))
  }

  @Test(
    "random layouts: GPUs sum to the step, bytes are conserved, one GPU of a stage stands for all",
    arguments: 1...24)
  func random(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.inference"))
    func pick<T>(_ choices: [T]) -> T { choices[random.index(below: choices.count)] }
    let name = pick([
      "deepseek-v3", "deepseek-v3.2", "deepseek-v2-lite", "qwen3-235b-a22b", "gpt-oss-120b",
      "llama-4-maverick", "glm-4.5", "llama-3-70b",
    ])
    let layout = InferenceLayout(
      tensor: pick([1, 2, 4, 8]), data: pick([1, 2, 4]), pipeline: pick([1, 2, 4]),
      experts: pick([.whole, .divided]), exchange: pick([.allToAll, .gather]))
    let phase = pick(InferenceSpec.Phase.allCases)
    var node = h200
    node.gpu.memory = Bytes(1e13)
    let cluster = ClusterSpec(node: node, nodeCount: max(1, (layout.gpus + 7) / 8))
    var model = try model(name)
    model.layers = 5
    func result(_ fidelity: Fidelity) throws -> SimulationResult {
      let spec = spec(
        layout, phase: phase, batch: 2, context: 512, gemm: .bf16, fidelity: fidelity)
      return try InferenceStep(spec: spec, model: model, cluster: cluster).run()
    }
    // A layout may have to fill whole hosts, and must divide the model.
    guard layout.gpus <= 8 || layout.gpus % 8 == 0,
      model.tensorObstacle(layout.tensor) == nil,
      (model.experts?.routed ?? 0) % layout.gpusPerStage == 0
    else { return }

    let (one, all) = try (result(.folded), result(.everyGPU))

    #expect(one.stepTime == all.stepTime, "seed \(seed): \(name), \(layout)")
    for result in [one, all] {
      #expect(result.network.isConserved, "seed \(seed): \(name), \(layout)")
      var sums: [Int: SimDuration] = [:]
      for row in result.rankTimes { sums[row.rank << 16 | row.member, default: .zero] += row.time }
      #expect(sums.values.allSatisfy { $0 == result.stepTime }, "seed \(seed): \(name)")
    }
  }

  @Test("in a full pipeline a token takes the longest stay x stages, at least the step")
  func pipeline() throws {
    let layout = InferenceLayout(tensor: 8, pipeline: 4)
    let result = try run(spec(layout))
    let stays = (0..<4).map { rank in
      result.rankTimes.filter { $0.rank == rank && $0.phase != .bubble }
        .reduce(0.0) { $0 + $1.time.seconds }
    }
    let longest = try #require(stays.max())
    let period = try value(.timePerOutputToken, result)

    #expect(abs(period - max(result.stepTime.seconds, 4 * longest)) < 1e-12)
    // Four batches of 16 sequences.
    #expect(abs(try value(.tokensPerSecond, result) - 64 / period) < 1e-6)
    // Every stage waits while the batch is in the others.
    #expect(stays.allSatisfy { $0 < result.stepTime.seconds })
    #expect(result.rankTimes.contains { $0.activity == .pipelineTransfer })
  }

  @Test("wider groups have less to compute and more to wait for")
  func tensor() throws {
    func times(_ tensor: Int) throws -> (compute: Double, exposed: Double) {
      let result = try run(
        spec(InferenceLayout(tensor: tensor), batch: 64, gemm: .bf16), "llama-3-70b")
      func sum(_ activity: Activity) -> Double {
        result.rankTimes.filter { $0.activity == activity }.reduce(0) { $0 + $1.time.seconds }
      }
      return (sum(.compute), sum(.exposedTensor))
    }
    let (two, eight) = try (times(2), times(8))

    #expect(eight.compute < two.compute)
    #expect(eight.compute > two.compute / 4)
    #expect(eight.exposed > two.exposed)
  }

  @Test("parts of every expert have no imbalance; whole ones have")
  func imbalance() throws {
    func result(_ experts: InferenceLayout.Experts) throws -> SimulationResult {
      var spec = spec(
        InferenceLayout(tensor: 8, experts: experts), batch: 512, context: 256,
        loads: RoutingSpec(.logNormal(sigma: 0.6), seed: 1))
      spec.planner = .inOrder
      return try run(spec, layers: 7)
    }
    let (whole, divided) = try (result(.whole), result(.divided))

    #expect(try value(.imbalanceCost, whole) > 0)
    #expect(try value(.imbalanceCost, divided) == 0)
  }

  @Test("drafts run in tensor groups and on the last stage")
  func drafts() throws {
    for layout in [InferenceLayout(tensor: 8), InferenceLayout(tensor: 8, pipeline: 2)] {
      let (with, without) = try (run(spec(layout, drafts: 0.8)), run(spec(layout)))

      #expect(with.stepTime > without.stepTime)
      #expect(
        try value(.tokensPerSecond, with) > value(.tokensPerSecond, without))
    }
  }

  @Test("narrow weights take less memory and, at small batches, less time")
  func formats() throws {
    func result(_ weights: WeightScheme) throws -> SimulationResult {
      var spec = spec(InferenceLayout(tensor: 8), batch: 4, gemm: .bf16)
      spec.formats.weights = weights
      return try run(spec, "llama-3-70b")
    }
    let (wide, narrow) = try (result(.bf16), result(WeightScheme(.int4Group128)))

    #expect(narrow.stepTime < wide.stepTime)
    #expect(try value(.peakMemory, narrow) < value(.peakMemory, wide))
    #expect(try value(.kvPoolTokens, narrow) > value(.kvPoolTokens, wide))
  }

  @Test("a step that does not fit names its layout and what fills the memory")
  func refusal() throws {
    let error = #expect(throws: InferenceRefusal.self) {
      try run(spec(InferenceLayout(data: 8)), nodes: 1, memory: 96)
    }
    let text = try #require(error?.description)
    #expect(text.contains("tensor 1 x data 8 x pipeline 1, experts ep, weights fp8_tile"))
    #expect(text.contains("it holds: weights 93.92 GiB"))
  }

  private func run(
    _ spec: InferenceSpec, nodes: Int, memory gibibytes: Double
  ) throws -> SimulationResult {
    var node = h200
    node.gpu.memory = Bytes(gibibytes * 1_073_741_824)
    return try InferenceStep(
      spec: spec, model: model("deepseek-v3"), cluster: ClusterSpec(node: node, nodeCount: nodes)
    ).run()
  }
}
