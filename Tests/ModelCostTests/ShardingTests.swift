// What one GPU of a tensor and context group computes, stores and sends, checked against published
// formulas.

import Cluster
import Testing

@testable import ModelCost

@Suite("Layers divided over GPUs")
struct ShardingTests {
  /// Multi-head attention and a SwiGLU whose width makes it store what a GeLU of width 4d stores.
  static let textbook = ModelSpec(
    name: "textbook", hidden: 3072, layers: 2, vocabulary: 32_000,
    attention: .grouped(GroupedAttention(heads: 24, kvHeads: 24, headSize: 128)),
    denseIntermediate: 8192, experts: nil, mtpModules: 0, source: "test")

  @Test(
    "activations are sbh(10 + 24/t), or sbh 34/t if tokens are divided", arguments: [1, 2, 4, 8])
  func textbookActivations(tensor: Int) {
    let policy = ActivationPolicy(recompute: [], cached: .bf16)
    func bytes(_ isSequenceParallel: Bool) -> Double {
      Self.textbook.activationBytesPerToken(
        isExpertLayer: false, policy: policy,
        sharding: LayerSharding(tensor: tensor, isSequenceParallel: isSequenceParallel))
    }

    // Korthikanti et al., equations 2 and 4, without the two dropout masks of sbh bytes, which
    // these models lack, and with FlashAttention's 4 bytes per head, not the quadratic scores.
    let (h, t) = (3072.0, Double(tensor))
    let statistics = 24 * 4 / t
    #expect(bytes(false) == h * (10 - 2 + 24 / t) + statistics)
    #expect(bytes(true) == h * (34 - 2) / t + statistics)
  }

  @Test(
    "the GPUs of a group together do the work of one GPU alone", arguments: ModelSpec.catalogue,
    [LayerSharding(tensor: 8, isSequenceParallel: true), LayerSharding(tensor: 1, context: 4)])
  func flopsAreConserved(model: ModelSpec, sharding: LayerSharding) {
    // GPUs that hold copies of KV heads project them as often.
    var sharding = sharding
    if case .grouped(let grouped) = model.attention {
      sharding.tensor = min(sharding.tensor, grouped.kvHeads)
    }
    func flops(_ sharding: LayerSharding) -> Double {
      let work = LayerWork(
        tokens: 8192 / sharding.context, sequenceLength: 8192, experts: model.experts,
        expertParallel: (model.experts?.routed ?? 8) / 8, gpusPerToken: 1, sharding: sharding)
      let builder = LayerKernelBuilder(
        model: model, work: work, precision: .bf16,
        activations: ActivationPolicy(recompute: [.attentionUpProjection], cached: .bf16))
      let kinds = LayerKind.allCases.filter { model.mtpModules > 0 || $0 != .mtp }
      // An indexer is whole on every GPU of a tensor group.
      return kinds.flatMap { builder.kernels(of: $0).all }.reduce(0) {
        $0 + ($1.name.hasPrefix("indexer") ? 0 : $1.flops)
      }
    }

    #expect(model.tensorObstacle(sharding.tensor) == nil)
    #expect(flops(sharding) * Double(sharding.gpus) == flops(.none))
  }

  @Test("if tokens are not divided, every GPU computes MLA's down-projections")
  func duplicates() {
    func rows(_ isSequenceParallel: Bool) -> Int? {
      let work = LayerWork(
        tokens: 4096, sequenceLength: 4096, experts: nil, expertParallel: 1, gpusPerToken: 1,
        sharding: LayerSharding(tensor: 8, isSequenceParallel: isSequenceParallel))
      let builder = LayerKernelBuilder(
        model: .deepseekV3, work: work, precision: .bf16, activations: .deepseekV3)
      return builder.kernels(of: .dense).all.first { $0.name == "q_a, kv_a" }?.shape.m
    }

    #expect(rows(false) == 4096)
    #expect(rows(true) == 512)
  }

  @Test("collectives move the same bytes whether or not tokens are divided, plus one gather")
  func collectives() {
    func collectives(_ isSequenceParallel: Bool, _ model: ModelSpec) -> LayerCollectives {
      let work = LayerWork(
        tokens: 4096, sequenceLength: 4096, experts: nil, expertParallel: 1, gpusPerToken: 1,
        sharding: LayerSharding(tensor: 4, isSequenceParallel: isSequenceParallel))
      return LayerKernelBuilder(
        model: model, work: work, precision: .bf16,
        activations: ActivationPolicy(recompute: [], cached: .bf16)
      ).collectives(of: .dense)
    }
    func moved(_ collectives: LayerCollectives, _ pass: LayerKernels.Pass) -> Double {
      var sum = 0.0
      for part in LayerKernels.Part.allCases {
        for one in collectives[before: part, pass] + collectives[after: part, pass] {
          sum += one.operation == .allReduce ? 2 * one.bytes : one.bytes
        }
      }
      return sum
    }
    let divided = collectives(true, Self.textbook)
    let whole = collectives(false, Self.textbook)

    // Megatron-LM: two all-reduces of sbh forward and two backward, each sending twice its buffer.
    let buffer = 4096.0 * 3072 * 2
    #expect(moved(whole, .forward) == 4 * buffer)
    #expect(moved(whole, .backwardInput) == 4 * buffer)
    #expect(moved(whole, .backwardWeight) == 0)
    #expect(moved(divided, .forward) == 4 * buffer)
    #expect(moved(divided, .backwardInput) == 4 * buffer)
    #expect(moved(divided, .backwardWeight) == 2 * buffer)
    // MLA gathers 1536 + 512 + 64 numbers per token for attention instead of 7168.
    let latents = collectives(true, .deepseekV3)[before: .attention, .forward]
    let bytes: Double = 4096 * 2112 * 2
    #expect(latents.map(\.bytes) == [bytes])
  }

  @Test("the keys and values that are sent are those of the GPU's heads and tokens")
  func keysAndValues() {
    func bytes(_ model: ModelSpec, _ sharding: LayerSharding) -> Double {
      let work = LayerWork(
        tokens: 8192 / sharding.context, sequenceLength: 8192, experts: nil, expertParallel: 1,
        gpusPerToken: 1, sharding: sharding)
      return LayerKernelBuilder(
        model: model, work: work, precision: .bf16, activations: .deepseekV3
      ).keyValueBytes
    }

    // Eight KV heads of 128 for tensor 8 and 16: one per GPU.
    #expect(bytes(.llama405B, LayerSharding(tensor: 8, context: 2)) == 4096 * 2 * 128 * 2)
    #expect(bytes(.llama405B, LayerSharding(tensor: 16, context: 2)) == 4096 * 2 * 128 * 2)
    #expect(bytes(.deepseekV3, LayerSharding(context: 4)) == 2048 * 128 * (192 + 128) * 2)
  }

  @Test(
    "a tensor group that does not divide heads or widths is refused with what it does not divide")
  func obstacles() {
    #expect(ModelSpec.llama405B.tensorObstacle(16) == nil)
    #expect(
      ModelSpec.llama405B.tensorObstacle(3) == "does not divide the 128 attention heads")
    var model = ModelSpec.mixtral8x7B
    model.attention = .grouped(GroupedAttention(heads: 24, kvHeads: 3, headSize: 128))
    #expect(
      model.tensorObstacle(2) == "neither divides the 3 KV heads nor is a multiple of them")
    model = .qwen72B
    model.denseIntermediate = 29_570
    #expect(
      model.tensorObstacle(4) == "does not divide the 29570 columns of the dense feed-forward")
  }
}
