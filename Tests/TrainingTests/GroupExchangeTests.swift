// Tensor, sequence and context parallelism: bytes against the closed forms of Megatron-LM, exposed
// time, memory, and agreement of both fidelities.

import Cluster
import ModelCost
import Recording
import Schedules
import Testing
import Units

@testable import Training

extension SmallScenario {
  /// A dense model with one KV head per head, whose GPUs share layers and sequences.
  static func dense(
    schedule: String = "1f1b", pipeline: Int = 2, microbatches: Int = 4, layers: Int = 4,
    gpus: Int = 16, sharding: LayerSharding
  ) throws -> SmallScenario {
    var scenario = try SmallScenario(
      schedule: schedule, pipeline: pipeline, microbatches: microbatches, gpus: gpus, expert: 1)
    scenario.model = ModelSpec(
      name: "dense", hidden: 2048, layers: layers, vocabulary: 32_000,
      attention: .grouped(GroupedAttention(heads: 16, kvHeads: 16, headSize: 128)),
      denseIntermediate: 8192, experts: nil, mtpModules: 0, source: "test")
    scenario.spec.activations = ActivationPolicy(recompute: [], cached: .bf16)
    scenario.spec.precision = .bf16
    scenario.spec.communicationSMs = 0
    scenario.spec.sequenceLength = 4096
    scenario.share(sharding)
    return scenario
  }

  /// Divides layers and sequences among the same GPUs.
  mutating func share(_ sharding: LayerSharding) {
    spec.layout.sharding = sharding
    spec.layout.data = cluster.gpuCount / (spec.layout.pipeline * sharding.gpus)
  }
}

extension NetworkUse {
  /// Bytes of a kind that leave a GPU through a class of port, averaged over GPUs.
  func bytes(_ kind: TrafficKind, _ link: LinkClass) -> Double {
    traffic.first { $0.kind == kind && $0.link == link }?.bytesPerGPU.value ?? 0
  }
}

private func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * b }

@Suite("Bytes of tensor and context groups")
struct GroupBytesTests {
  @Test("a tensor group sends the bytes of Megatron-LM's closed form", arguments: [true, false])
  func tensorBytes(isSequenceParallel: Bool) throws {
    let sharding = LayerSharding(tensor: 4, isSequenceParallel: isSequenceParallel)
    let use = try SmallScenario.dense(sharding: sharding).step().run().network

    // Per layer and microbatch: eight passes of sbh through a ring, in all-gathers and
    // reduce-scatters or in halves of all-reduces, and two more gathers if tokens are divided. The
    // embedding and the head add two passes each; the head's forward adds one more gather if tokens
    // are divided.
    let buffer = 4096.0 * 2048 * 2
    let layer = isSequenceParallel ? 10.0 : 8
    let ends = isSequenceParallel ? 2.0 + 3 : 2 + 2
    let losses = 2 * 4096.0 * 3 * 4
    let sent = 0.75 * 4 * (4 * layer * buffer + ends * buffer + losses)
    // Averaged over the two ranks.
    #expect(isClose(use.bytes(.tensor, .scaleUpOut), sent / 2))
    #expect(use.bytes(.tensor, .scaleUpOut) == use.bytes(.tensor, .scaleUpIn))
    #expect(use.bytes(.tensor, .nicOut) == 0)
  }

  @Test(
    "keys and values go round once forward; they and their gradients go round once backward",
    arguments: [1, 8], [ContextExchange.ring, .gather])
  func contextBytes(tensor: Int, exchange: ContextExchange) throws {
    // With eight GPUs for tensors, the other half of a sequence is in another node.
    let port: LinkClass = tensor == 1 ? .scaleUpOut : .nicOut
    let sharding = LayerSharding(
      tensor: tensor, context: 2, isSequenceParallel: tensor > 1, contextExchange: exchange)
    let use = try SmallScenario.dense(pipeline: 1, sharding: sharding).step().run().network

    // Half of the tokens, K and V of the GPU's heads, in BF16. One hop forward, and one each
    // backward: a gather and a reduce-scatter move the same bytes as rings.
    let keyValues = 2048.0 * 2 * 2048 / Double(tensor) * 2
    #expect(isClose(use.bytes(.context, port), 4 * 4 * 3 * keyValues))
  }

  @Test("groups of a size that does not divide the domain stay inside it", arguments: [3, 6])
  func unevenContext(context: Int) throws {
    var scenario = try SmallScenario.dense(pipeline: 1, gpus: 8, sharding: .none)
    scenario.spec.layout.sharding = LayerSharding(context: context)
    scenario.spec.layout.data = 1
    scenario.spec.sequenceLength = 3072
    let use = try scenario.step().run().network

    #expect(use.bytes(.context, .scaleUpOut) > 0)
    #expect(use.bytes(.context, .nicOut) == 0)
  }

  @Test("heads go for tokens before and after attention, in both directions", arguments: [1, 8])
  func headBytes(tensor: Int) throws {
    let port: LinkClass = tensor == 1 ? .scaleUpOut : .nicOut
    let sharding = LayerSharding(
      tensor: tensor, context: 2, isSequenceParallel: tensor > 1, contextExchange: .headExchange)
    let use = try SmallScenario.dense(pipeline: 1, sharding: sharding).step().run().network

    // q, k, v and the output of half of the tokens; half of their heads leave.
    let own = 2048.0 * 4 * 2048 / Double(tensor) * 2
    #expect(isClose(use.bytes(.context, port), 4 * 4 * 2 * own / 2))
  }

  @Test(
    "heads for GPUs of the same node stay in it, the others take its NICs",
    arguments: [(2, 8), (1, 16), (8, 4)])
  func headBytesByLink(tensor: Int, context: Int) throws {
    let sharding = LayerSharding(
      tensor: tensor, context: context, isSequenceParallel: tensor > 1,
      contextExchange: .headExchange)
    var scenario = try SmallScenario.dense(
      pipeline: 1, gpus: tensor * context, sharding: sharding)
    // As wide as with 16 heads, of which eight GPUs of a tensor group could not give four away.
    scenario.model.attention = .grouped(GroupedAttention(heads: 32, kvHeads: 32, headSize: 64))
    let use = try scenario.step().run().network

    // Four exchanges of q, k and v or the output, each with a part for every GPU of the group.
    let all = 4096.0 / Double(context) * 4 * 2048 / Double(tensor) * 2
    let perNode = 8 / tensor
    func sent(_ peers: Int) -> Double { 4 * 4 * 2 * all * Double(peers) / Double(context) }
    #expect(isClose(use.bytes(.context, .nicOut), sent(context - perNode)))
    #expect(isClose(use.bytes(.context, .scaleUpOut), sent(perNode - 1)))
  }

  @Test("each GPU of a tensor group sends its own tokens to the next stage")
  func pipelineBytes() throws {
    func sent(_ sharding: LayerSharding) throws -> Double {
      let use = try SmallScenario.dense(sharding: sharding).step().run().network
      return use.bytes(.pipeline, .nicOut) + use.bytes(.pipeline, .scaleUpOut)
    }
    let whole = try sent(.none)

    #expect(try sent(LayerSharding(tensor: 4, isSequenceParallel: true)) == whole / 4)
    #expect(try sent(LayerSharding(tensor: 4)) == whole)
    #expect(try sent(LayerSharding(context: 4)) == whole / 4)
  }

  @Test(
    "gradients are reduced over data and context, and over the tensor group if it computes parts")
  func gradientBytes() throws {
    func network(_ sharding: LayerSharding) throws -> NetworkUse {
      try SmallScenario.dense(pipeline: 1, gpus: 8, sharding: sharding).step().run().network
    }
    func parameters(_ tensor: Double) -> Double {
      let layer: Double = 4 * 2048 * 2048 + 3 * 2048 * 8192
      let vocabulary: Double = 2 * 32_000 * 2048
      return (4 * layer + vocabulary) / tensor + 9 * 2048
    }

    // Reduce-scatter of FP32 gradients; before that, nine norms are summed over the tensor group.
    let context = try network(LayerSharding(context: 4)).bytes(.gradients, .scaleUpOut)
    #expect(isClose(context, parameters(1) * 4 * 7 / 8))
    let tensor = try network(LayerSharding(tensor: 4, isSequenceParallel: true))
    let norms = 9 * 2048.0 * 4 * 2 * 3 / 4
    #expect(isClose(tensor.bytes(.gradients, .scaleUpOut), parameters(4) * 4 / 2 + norms))
  }
}

@Suite("Steps with tensor and context groups")
struct GroupStepTests {
  static let shardings = [
    LayerSharding(tensor: 4, isSequenceParallel: true), LayerSharding(context: 2),
    LayerSharding(tensor: 2, context: 2, isSequenceParallel: true),
    LayerSharding(tensor: 2, context: 4, isSequenceParallel: true, contextExchange: .gather),
  ]

  @Test(
    "with equal loads every GPU does what the folded one does, to the picosecond",
    arguments: ["1f1b", "zb_h1", "dualpipe"], shardings)
  func fidelity(schedule: String, sharding: LayerSharding) throws {
    var scenario = try SmallScenario(schedule: schedule, pipeline: 2, microbatches: 4, gpus: 32)
    scenario.share(sharding)
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    #expect(full.stepTime == folded.stepTime)
    for row in folded.rankTimes {
      let same = full.rankTimes.filter {
        $0.rank == row.rank && $0.phase == row.phase && $0.activity == row.activity
      }
      #expect(same.allSatisfy { $0.time == row.time })
      #expect(same.reduce(0) { $0 + $1.gpus } == 16)
    }
  }

  @Test("INV-13: every schedule runs with groups, and its rows sum to the step time")
  func schedules() throws {
    for kind in ScheduleCatalogue.all {
      var scenario = try SmallScenario(
        schedule: kind.name, pipeline: 2, microbatches: 4, gpus: 16, expert: 4)
      scenario.share(LayerSharding(tensor: 2, context: 2, isSequenceParallel: true))
      let result = try scenario.step().run()

      #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
      for rank in 0..<2 {
        #expect(result.rankTimes.contains { $0.rank == rank && $0.activity == .exposedTensor })
      }
    }
  }

  @Test("a forward waits for all collectives, a backward for none that weight gradients hide")
  func exposure() throws {
    let sharding = LayerSharding(tensor: 4, isSequenceParallel: true)
    var scenario = try SmallScenario.dense(
      pipeline: 1, microbatches: 1, layers: 1, gpus: 8, sharding: sharding)
    // As wide as a large model: computation grows with the square of the width, collectives do not.
    scenario.model.hidden = 16_384
    scenario.model.attention = .grouped(GroupedAttention(heads: 128, kvHeads: 128, headSize: 128))
    let result = try scenario.step().run()
    func exposed(_ phase: Phase) -> Double {
      result.rankTimes.filter { $0.phase == phase && $0.activity == .exposedTensor }
        .reduce(0) { $0 + $1.time.seconds }
    }

    // 160 GB/s of NVLink; three hops of 2 us for a gather or a scatter, six for a sum.
    let node = scenario.cluster.node
    let hop = node.nvlinkLatency.value
    let pass = 0.75 * 4096 * 16_384 * 2 / 160e9 + 3 * hop
    let loss = 1.5 * 4096 * 3 * 4 / 160e9 + 6 * hop
    // A scatter after the embedding, two of each for the layer, a gather and a sum for the head.
    #expect(abs(exposed(.forwardAlone) - (6 * pass + loss)) < 1e-9)
    // The layer's two gradients are gathered. Sums, second gathers and the gather of the
    // embedding's gradient are hidden by weight gradients.
    #expect(abs(exposed(.backwardAlone) - 2 * pass) < 1e-9)
  }

  @Test("keys and values are sent during attention, and are exposed if the network is slower")
  func hiding() throws {
    func exposed(_ sequenceLength: Int) throws -> Bool {
      var scenario = try SmallScenario.dense(
        pipeline: 1, microbatches: 1, gpus: 16,
        sharding: LayerSharding(tensor: 8, context: 2, isSequenceParallel: true))
      scenario.spec.sequenceLength = sequenceLength
      return try scenario.step().run().rankTimes.contains { $0.activity == .exposedContext }
    }

    // Attention grows with the square of the length, keys and values grow linearly.
    #expect(try exposed(4096))
    #expect(try !exposed(131_072))
  }

  @Test("attention waits for gathered keys and values, and its end waits for their gradients")
  func gathering() throws {
    let scenario = try SmallScenario.dense(
      pipeline: 1, microbatches: 1, gpus: 8,
      sharding: LayerSharding(context: 4, contextExchange: .gather))
    let result = try scenario.step().run()
    let exposed = result.rankTimes.filter { $0.activity == .exposedContext }
      .reduce(0) { $0 + $1.time.seconds }

    // Four layers: one gather forward, a gather and a scatter backward, of K and V of 4,096 tokens;
    // three quarters of them cross 160 GB/s of NVLink in three hops.
    let hop = scenario.cluster.node.nvlinkLatency.value
    let one = 0.75 * 4096 * 2 * 2048 * 2 / 160e9 + 3 * hop
    #expect(abs(exposed - 4 * 3 * one) < 1e-9)
  }

  @Test("one slow NVLink port slows its tensor group, and with it the step")
  func slowPort() throws {
    var scenario = try SmallScenario.dense(
      sharding: LayerSharding(tensor: 4, isSequenceParallel: true))
    scenario.spec.fidelity = .everyGPU
    let healthy = try scenario.step().run()
    scenario.cluster.faults = [LinkFault(port: .gpu, index: 2, remaining: 0.5)]
    let degraded = try scenario.step().run()

    #expect(degraded.stepTime > healthy.stepTime)
  }
}

@Suite("Memory of tensor and context groups")
struct GroupMemoryTests {
  func bytes(_ kind: MemoryKind, _ sharding: LayerSharding) throws -> Double {
    let result = try SmallScenario.dense(pipeline: 1, sharding: sharding).step().run()
    return result.memory.filter { $0.kind == kind }.reduce(0) { $0 + $1.bytes.value }
  }

  @Test("a tensor group stores weights once, except for norms")
  func weights() throws {
    let norms = Double((2 * 4 + 1) * 2048 * 2)
    let whole = try bytes(.weights, .none)
    let shared = try bytes(.weights, LayerSharding(tensor: 8, isSequenceParallel: true))

    #expect(shared * 8 == whole + 7 * norms)
    #expect(try bytes(.weights, LayerSharding(context: 8)) == whole)
  }

  @Test("optimizer shards are distributed over all GPUs of data and context")
  func optimizer() throws {
    let whole = try bytes(.optimizer, .none)

    #expect(try bytes(.optimizer, LayerSharding(context: 8)) == whole)
    // Except for norms, which every GPU of the tensor group updates.
    let shared = try bytes(.optimizer, LayerSharding(tensor: 8, isSequenceParallel: true))
    #expect(shared > whole && shared < whole * 1.01)
  }

  @Test("activations shrink with the GPUs that share tokens, and less if tokens are not divided")
  func activations() throws {
    let whole = try bytes(.activations, .none)
    let divided = try bytes(.activations, LayerSharding(tensor: 4, isSequenceParallel: true))

    // Token ids take four bytes each on every GPU.
    #expect(isClose(divided, whole / 4 + 4096 * 4 * 0.75))
    #expect(isClose(try bytes(.activations, LayerSharding(context: 4)), whole / 4))
    #expect(try bytes(.activations, LayerSharding(tensor: 4)) > 1.2 * divided)
  }
}
