// Memory and traffic of states that data-parallel GPUs divide, against vectors of an independent
// program (Fixtures/layouts.json) and the closed forms of the ZeRO paper.

import Cluster
import Execution
import Foundation
import ModelCost
import Recording
import Testing
import Units

@testable import Training

/// One layout of the fixture, with what is expected of it.
private struct Vector {
  let name: String
  let model: String
  let layout: [String: Any]
  let expected: [String: Any]

  static func all() throws -> [Vector] {
    let url = try #require(
      Bundle.module.url(forResource: "layouts", withExtension: "json", subdirectory: "Fixtures"))
    let root = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any]
    let layouts = try #require(root?["layouts"] as? [String: [String: Any]])
    return try layouts.sorted { $0.key < $1.key }.map { name, value in
      Vector(
        name: name, model: try #require(value["model"] as? String),
        layout: try #require(value["layout"] as? [String: Any]),
        expected: try #require(value["expected"] as? [String: Any]))
    }
  }

  func count(_ key: String) -> Int { layout[key] as? Int ?? 1 }

  /// The formats; nil if they are not those of a recipe.
  var precision: TrainingPrecision? {
    guard let formats = layout["precision"] as? [String: Any],
      let recipe = (formats["recipe"] as? String).flatMap(PrecisionRecipe.init(rawValue:)),
      let weights = formats["weight_bytes"] as? Int,
      let gradients = formats["gradient_bytes"] as? Int,
      let master = formats["master_bytes"] as? Int, let moments = formats["moment_bytes"] as? Int
    else { return nil }
    func format(_ bytes: Int) -> Precision { bytes == 4 ? .fp32 : .bf16 }
    let isQuantised = formats["primary"] as? String == "quantised"
    return TrainingPrecision(
      gemm: recipe == .bf16 ? .bf16 : .fp8, recipe: recipe,
      primary: isQuantised ? .quantised : .bf16,
      transposes: formats["device"] as? String == "hopper", dispatch: .bf16, combine: .bf16,
      weights: format(weights),
      gradients: format(gradients), master: master == 0 ? nil : format(master),
      moments: format(moments))
  }

  var sharding: StateSharding? {
    (layout["sharding"] as? String).flatMap(StateSharding.States.init(rawValue:)).map {
      StateSharding(
        states: $0, replicas: count("replicate"),
        reduction: (layout["reduce_bytes"] as? Int).map { $0 == 4 ? .fp32 : .bf16 })
    }
  }

  /// The expectations for a pipeline rank.
  var ranks: [(rank: Int, values: [String: Any])] {
    (expected["ranks"] as? [String: [String: Any]] ?? [:]).compactMap { key, values in
      Int(key).map { ($0, values) }
    }.sorted { $0.rank < $1.rank }
  }
}

extension [String: Any] {
  fileprivate func number(_ path: String...) -> Double? {
    var node: Any? = self
    for key in path { node = (node as? [String: Any])?[key] }
    return (node as? NSNumber)?.doubleValue
  }
}

@Suite("States divided between data-parallel GPUs")
struct StateShardingTests {
  @Test("bytes of weights, gradients, optimizer and units equal every vector in BF16")
  func memory() throws {
    var checked = 0
    for vector in try Vector.all() {
      guard let precision = vector.precision, precision.recipe == .bf16,
        let sharding = vector.sharding
      else { continue }
      for (rank, values) in vector.ranks {
        var parameters = ShardedParameters()
        parameters.outside =
          (values.number("parameters", "shared") ?? 0)
          + (values.number("parameters", "replicated") ?? 0)
        parameters.experts = values.number("parameters", "experts") ?? 0
        let shards = vector.expected["shards"] as? [String: Any] ?? [:]
        parameters.outsideShards = shards["outside_experts"] as? Int ?? 1
        parameters.expertShards = shards["experts"] as? Int ?? 1

        let states = ShardedStates(parameters, sharding, precision)

        let place = "\(vector.name), rank \(rank)"
        #expect(states.weights == values.number("memory", "weights"), "\(place)")
        #expect(states.gradients == values.number("memory", "gradients"), "\(place)")
        let optimizer =
          values.number("memory", "optimizer") ?? values.number("memory", "optimizer_on_host")
        #expect(states.optimizer == optimizer, "\(place)")
        checked += 1
      }
    }
    #expect(checked > 30)
  }

  @Test(
    "a simulated step holds and sends what its vector says",
    arguments: [
      "llama3-8b-1gpu", "llama3-8b-zero1-8", "llama3-8b-zero2-8", "llama3-8b-zero3-8",
      "llama3-8b-hsdp-2x8", "llama3-70b-fsdp-64-full", "v2-lite-8-fsdp-full", "zero-paper-none",
      "zero-paper-1", "zero-paper-2", "zero-paper-3", "qwen3-30b-ep8-16",
    ])
  func step(name: String) throws {
    let vector = try #require(Vector.all().first { $0.name == name })
    let step = try step(of: vector)
    let values = try #require(vector.ranks.first?.values)

    let memory = step.memory.ranks[0]
    #expect(memory.weights == values.number("memory", "weights"))
    #expect(memory.gradients == values.number("memory", "gradients"))
    #expect(memory.optimizer == values.number("memory", "optimizer"))
    #expect(memory.unsharded == values.number("memory", "unsharded") ?? 0)
    let expected =
      (values.number("sent_per_step", "dp") ?? 0) + (values.number("sent_per_step", "edp") ?? 0)
    #expect(step.program().exchangedBytes == expected)
  }

  @Test("copies of weights that products read, in every recipe, equal the vectors")
  func recipes() throws {
    // The blocks of ranks of the vectors' layout strings.
    func layers(_ kind: LayerKind, _ count: Int) -> [LayerKind] {
      Array(repeating: kind, count: count)
    }
    let ranks: [(name: String, rank: Int, blocks: [LayerKind])] = [
      ("llama3-70b-tp4-pp8-vp5-fp8", 0, [.embedding] + layers(.dense, 10)),
      ("llama3-70b-tp4-pp8-vp5-fp8", 1, layers(.dense, 10)),
      ("llama3-70b-tp4-pp8-vp5-fp8", 7, layers(.dense, 10) + [.head]),
      ("v3-h100-1024-bridge", 0, [.embedding, .dense] + layers(.moe, 6)),
      ("v3-h100-1024-bridge", 1, layers(.dense, 2) + layers(.moe, 6)),
      ("v3-h100-1024-bridge", 6, layers(.moe, 8)),
      ("v3-h100-1024-bridge", 7, layers(.moe, 7) + [.embedding, .mtp, .head]),
      ("v3-256-mxfp8-pp16-ep8", 0, [.embedding] + layers(.dense, 3)),
      ("v3-256-mxfp8-pp16-ep8", 14, layers(.moe, 4)),
      ("v3-256-mxfp8-pp16-ep8", 15, layers(.moe, 3) + [.embedding, .mtp, .head]),
      ("minimax-m2-nvfp4", 0, [.embedding] + layers(.moe, 31)),
      ("minimax-m2-nvfp4", 1, layers(.moe, 31) + [.head]),
    ]
    for (name, rank, blocks) in ranks {
      let vector = try #require(Vector.all().first { $0.name == name })
      let values = try #require(vector.ranks.first { $0.rank == rank }?.values)
      let model = try #require(ModelSpec.catalogue.first { $0.name == vector.model })
      let precision = try #require(vector.precision)
      let share = WeightShare(
        tensor: vector.count("tensor"),
        localExperts: (model.experts?.routed ?? 0) / vector.count("expert"))
      var parameters = ShardedParameters()
      for kind in blocks { parameters.add(model.weights(of: kind, share), precision) }
      let shards = vector.expected["shards"] as? [String: Any] ?? [:]
      parameters.outsideShards = shards["outside_experts"] as? Int ?? 1
      parameters.expertShards = shards["experts"] as? Int ?? 1

      let states = ShardedStates(parameters, try #require(vector.sharding), precision)

      #expect(states.weights == values.number("memory", "weights"), "\(name) \(rank)")
      #expect(states.gradients == values.number("memory", "gradients"), "\(name) \(rank)")
      #expect(states.optimizer == values.number("memory", "optimizer"), "\(name) \(rank)")
      let bytes = ExchangedBytes(weights: parameters, precision)
      let reduced = ExchangedBytes(gradients: parameters, bytes: precision.gradients.bytes)
      func sent(_ bytes: Double, _ shards: Int) -> Double {
        bytes * Double(shards - 1) / Double(shards)
      }
      #expect(
        sent(bytes.outside + reduced.outside, parameters.outsideShards)
          == values.number("sent_per_step", "dp"), "\(name) \(rank)")
      #expect(
        sent(bytes.experts + reduced.experts, parameters.expertShards)
          == values.number("sent_per_step", "edp") ?? 0, "\(name) \(rank)")
    }
  }

  /// The step of a vector with one pipeline rank, on eight GPUs a node.
  private func step(of vector: Vector, memory: Bytes? = nil) throws -> TrainingStep {
    let model = try #require(ModelSpec.catalogue.first { $0.name == vector.model })
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h100-sxm" })
    node.gpu.memory = Bytes(1e13)
    let layout = ParallelLayout(
      pipeline: 1, expert: vector.count("expert"), data: vector.count("data"))
    node.gpusPerNode = min(8, layout.gpuCount)
    node.nicsPerNode = node.gpusPerNode
    let perGPU = vector.count("microbatch") * layout.data
    let spec = TrainingSpec(
      sequenceLength: vector.count("sequence"), microbatchSequences: vector.count("microbatch"),
      microbatches: vector.count("global_batch") / perGPU, runTokens: 1e9, schedule: "1f1b",
      layout: layout, sharding: try #require(vector.sharding),
      precision: try #require(vector.precision),
      activations: ActivationPolicy(recompute: [], cached: .bf16), stages: nil,
      trainsMTP: false, communicationSMs: layout.expert > 1 ? 20 : 0,
      kernelRelease: .february2025, nodeLimit: nil)
    let cluster = ClusterSpec(node: node, nodeCount: layout.gpuCount / node.gpusPerNode)
    return try StepPlanner.plan(spec, model: model, cluster: cluster)
  }

  @Test("sharding moves the closed forms 16P, 4P + 12P/N, 2P + 14P/N, 16P/N", arguments: [1, 64])
  func paper(gpus: Int) {
    var parameters = ShardedParameters()
    parameters.outside = 7.5e9
    parameters.outsideShards = gpus
    let precision = TrainingPrecision(
      gemm: .bf16, dispatch: .bf16, combine: .bf16, weights: .bf16, gradients: .bf16,
      master: .fp32, moments: .fp32)
    func bytes(_ states: StateSharding.States) -> Double {
      let states = ShardedStates(parameters, StateSharding(states: states), precision)
      return states.weights + states.gradients + states.optimizer
    }
    let (p, n) = (7.5e9, Double(gpus))

    #expect(bytes(.none) == 16 * p)
    #expect(bytes(.optimizer) == 4 * p + 12 * p / n)
    #expect(bytes(.gradients) == 2 * p + 14 * p / n)
    #expect(bytes(.parameters) == 16 * p / n)
  }

  private func small(
    _ sharding: StateSharding, schedule: String = "1f1b", gpus: Int = 32, pipeline: Int = 4
  ) throws -> SmallScenario {
    var scenario = try SmallScenario(
      schedule: schedule, pipeline: pipeline, microbatches: 8, gpus: gpus, expert: 4)
    scenario.spec.sharding = sharding
    return scenario
  }

  @Test(
    "INV-13: time is attributed whole, and folded equals every GPU",
    arguments: ["1f1b", "zb_h1", "interleaved", "zb_v"],
    [StateSharding.States.none, .gradients, .parameters])
  func attribution(schedule: String, states: StateSharding.States) throws {
    for reshards in [true, false] {
      var scenario = try small(
        StateSharding(states: states, reshards: reshards), schedule: schedule)
      let folded = try scenario.step().run()
      scenario.spec.fidelity = .everyGPU
      let whole = try scenario.step().run()

      #expect(folded.attributedTimes.allSatisfy { $0 == folded.stepTime })
      #expect(whole.attributedTimes.allSatisfy { $0 == whole.stepTime })
      #expect(folded.stepTime == whole.stepTime)
    }
  }

  @Test("GPUs that hold parameters alone exchange nothing and take the same time")
  func alone() throws {
    var times: Set<SimDuration> = []
    for states in StateSharding.States.allCases {
      var scenario = try small(StateSharding(states: states), gpus: 8, pipeline: 8)
      scenario.spec.layout.expert = 1
      scenario.spec.communicationSMs = 0
      scenario.model.experts = nil
      let step = try scenario.step()
      #expect(step.program().exchangedBytes == 0)
      let result = step.run()
      #expect(result.value(.replicaExchangeBytes) == 0)
      #expect(Set(result.trafficTimes.map(\.kind)) == Set(result.network.traffic.map(\.kind)))
      #expect(step.memory.ranks.allSatisfy { $0.unsharded == 0 })
      times.insert(result.stepTime)
    }
    #expect(times.count == 1)
  }

  @Test(
    "an exchange of next to nothing takes the hops of its rings in a node, then between nodes",
    arguments: CollectiveOperation.allCases, [8, 16, 128])
  func latency(operation: CollectiveOperation, gpus: Int) throws {
    let step = try small(StateSharding(states: .optimizer), gpus: gpus, pipeline: 1).step()
    let planner = step.transfers(.one())
    let counts = ReplicaCounts(spec: step.spec, plan: step.plan)
    var parameters = ShardedParameters()
    parameters.outside = 1e-9

    let transfer = try #require(
      ReplicaTransfers(planner, counts).exchange(
        operation, ExchangedBytes(gradients: parameters, bytes: 4), rank: 0))

    let turns = operation == .allReduce ? 2 : 1
    let node = step.cluster.node
    let expected =
      node.nvlinkLatency.duration * (7 * turns)
      + node.networkLatency.duration * ((gpus / 8 - 1) * turns)
    #expect(planner.network.aloneDuration(of: transfer) == expected)
  }

  @Test("a tied embedding and head are one unit, gathered once a direction and reduced once")
  func tiedUnits() throws {
    func scenario(tied: Bool) throws -> SmallScenario {
      var scenario = try small(StateSharding(states: .parameters), gpus: 16, pipeline: 1)
      scenario.model.tiesEmbedding = tied
      scenario.cluster.node.gpu.memory = Bytes(1e15)
      return scenario
    }
    let (apart, together) = (try scenario(tied: false), try scenario(tied: true))

    let without = try apart.step().program().exchangedBytes
    let with = try together.step().program().exchangedBytes

    // Two gathers in BF16 and a reduction in FP32 of the matrix, in each microbatch, of which a GPU
    // sends all but its own sixteenth to GPUs inside and outside its node.
    let matrix = Double(together.model.vocabulary * together.model.hidden)
    let group = ReplicaGroup(gpusPerDomain: 8, domainCount: 2)
    let moved = group.movedBytes(matrix * (2 * 2 + 4))
    let expected = 8 * (moved.nvlink + moved.network)
    #expect(abs((without - with) / expected - 1) < 1e-9)
  }

  @Test("experts that no other GPU holds are not exchanged, and do not count as exchanged")
  func expertsAlone() throws {
    // Ranks of four GPUs, over which the experts are spread.
    let step = try small(StateSharding(states: .optimizer), gpus: 16).step()
    let parameters = step.memory.ranks.map(\.parameters)
    let outside = parameters.reduce(0) { $0 + $1.outside } / Double(parameters.count)

    #expect(parameters.contains { $0.experts > 0 })
    #expect(parameters.allSatisfy { $0.expertShards == 1 })
    // Gradients in FP32, and weights in BF16.
    let bytes = Double(step.spec.precision.gradients.bytes + 2)
    let figure = try #require(step.run().value(.replicaExchangeBytes))
    #expect(abs(figure / (outside * bytes) - 1) < 1e-12)
  }

  @Test(
    "gradients reduced beside the last backward send the same bytes, sooner",
    arguments: ["1f1b", "zb_h1", "interleaved"], [StateSharding.States.none, .optimizer])
  func overlappedReduction(schedule: String, states: StateSharding.States) throws {
    func run(_ overlaps: Bool) throws -> (bytes: Double, result: SimulationResult) {
      var scenario = try small(
        StateSharding(states: states, overlapsReduction: overlaps), schedule: schedule)
      // Each layer's reduction has the latency of its rings, which layers as small do not hide.
      scenario.cluster.node.nvlinkLatency = Seconds(1e-9)
      scenario.cluster.node.networkLatency = Seconds(1e-9)
      // The best partition depends on the overlap.
      let stages = try small(StateSharding(states: states), schedule: schedule).step().layout
      scenario.spec.stages = stages
      let step = try scenario.step()
      return (step.program().exchangedBytes, step.run())
    }
    let (after, beside) = (try run(false), try run(true))

    #expect(abs(beside.bytes / after.bytes - 1) < 1e-12)
    #expect(beside.result.stepTime < after.result.stepTime)
    #expect(beside.result.attributedTimes.allSatisfy { $0 == beside.result.stepTime })
  }

  @Test("prefetching shortens a step, and gathers beside computation are not exposed")
  func prefetching() throws {
    func run(_ prefetches: Bool) throws -> SimulationResult {
      try small(
        StateSharding(states: .parameters, prefetches: prefetches), gpus: 16, pipeline: 1
      ).step().run()
    }
    let (with, without) = (try run(true), try run(false))
    func exposed(_ result: SimulationResult) -> SimDuration {
      result.rankTimes.filter { $0.activity == .exposedParameters }.reduce(.zero) { $0 + $1.time }
    }

    #expect(with.stepTime < without.stepTime)
    #expect(exposed(with) < exposed(without))
    #expect(exposed(with) > .zero)
  }
}
