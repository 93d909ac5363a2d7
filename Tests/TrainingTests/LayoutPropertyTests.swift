// What must hold for steps of any layout: bytes and tokens are conserved, times are accounted for,
// and both fidelities agree.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Schedules
import Testing
import Units

@testable import Training

@Suite("Properties over random layouts")
struct LayoutPropertyTests {
  /// A small step with random groups, stages, recomputation, sharding and formats.
  func scenario(_ seed: Int, schedules: [String]? = nil) throws -> SmallScenario {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.layouts"))
    func pick<T>(_ choices: [T]) -> T { choices[random.index(below: choices.count)] }
    let (pipeline, tensor, context) = (pick([1, 2, 4]), pick([1, 2]), pick([1, 2]))
    let expertTensor = pick([1, 2, 4])
    let perRank = 64 / pipeline
    let experts = [1, 2, 4, 8, 16].filter { perRank.isMultiple(of: $0 * expertTensor) }
    let schedule = pick(schedules ?? ["1f1b", "interleaved", "zb_h1", "dualpipe"])
    let isPaired = schedule == "dualpipe" && pipeline > 1
    var scenario = try SmallScenario(
      schedule: isPaired || schedule != "dualpipe" ? schedule : "1f1b", pipeline: pipeline,
      microbatches: 2 * pipeline, layers: pick([3, 6, 8]), gpus: 64, expert: pick(experts))
    if scenario.spec.schedule == "interleaved" { scenario.spec.chunks = pick([2, 3, 5]) }
    scenario.cluster.node.gpu.memory = Bytes(1e15)
    scenario.share(
      LayerSharding(
        tensor: tensor, context: context, expertTensor: expertTensor,
        isSequenceParallel: tensor > 1, contextExchange: pick(ContextExchange.allCases)))
    scenario.spec.activations = pick([
      ActivationPolicy(recompute: [], cached: .bf16),
      ActivationPolicy(recompute: [.mlp, .attentionUpProjection], cached: .fp8),
      ActivationPolicy(recompute: [.moe, .swiglu], cached: .bf16),
      ActivationPolicy(recompute: [.full], cached: .bf16, wholeLayers: .uniform(2)),
      ActivationPolicy(recompute: [.full], cached: .bf16, wholeLayers: .first(1)),
      ActivationPolicy(recompute: [.full], cached: .bf16, wholeLayers: .every(2)),
    ])
    scenario.spec.trainsMTP = pick([true, false])
    chooseStates(&scenario, &random)
    return scenario
  }

  /// Chooses where states lie, in which formats products are, and what overlaps.
  private func chooseStates(_ scenario: inout SmallScenario, _ random: inout RandomStream) {
    func pick<T>(_ choices: [T]) -> T { choices[random.index(below: choices.count)] }
    let layout = scenario.spec.layout
    let copies = scenario.spec.schedule == "dualpipe" ? 2 : 1
    let states = pick(copies == 2 ? [.none, .optimizer] : StateSharding.States.allCases)
    let holders = [layout.data * layout.context, layout.gpusPerRank / layout.expertGPUs]
    let replicas =
      states == .none
      ? 1
      : pick([1, 2]).isMultiple(of: 2) && holders.allSatisfy { $0 % 2 == 0 }
        ? 2 : 1
    scenario.spec.sharding = StateSharding(
      states: states, replicas: replicas, reshards: pick([true, false]),
      prefetches: pick([true, false]))
    let recipes: [PrecisionRecipe] =
      states == .parameters ? [.bf16, .deepseek] : PrecisionRecipe.allCases
    let recipe = pick(recipes)
    scenario.spec.precision.recipe = recipe
    scenario.spec.precision.gemm = recipe == .bf16 ? .bf16 : .fp8
    if recipe.keepsQuantisedInputs { scenario.spec.precision.primary = pick([.bf16, .quantised]) }
    scenario.spec.offload = pick([
      nil,
      OptimizerOffload(
        share: 0.5, updater: .host, overlaps: true, link: OptimizerOffload.hostLink,
        hostMemory: OptimizerOffload.assumedHostMemory),
      OptimizerOffload(
        share: 1, updater: .gpu, overlaps: false, link: OptimizerOffload.hostLink,
        hostMemory: OptimizerOffload.assumedHostMemory),
    ])
    if layout.sharding.isSequenceParallel {
      scenario.spec.layout.sharding.overlap = pick(TensorOverlap.allCases)
    }
  }

  @Test(
    "INV-3, INV-6, INV-13: bytes, tokens and time are conserved, and both fidelities are equal",
    arguments: 1...48)
  func even(seed: Int) throws {
    var scenario = try scenario(seed)
    let step = try scenario.step()
    let folded = step.run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    for result in [folded, full] {
      #expect(result.network.isConserved, "seed \(seed)")
      #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime }, "seed \(seed)")
    }
    #expect(folded.stepTime == full.stepTime, "seed \(seed): \(scenario.spec.layout)")
    let labels = step.program().labels
    #expect(
      labels.count { $0.kind == .dispatch } == labels.count { $0.kind == .combine },
      "seed \(seed)")
  }

  @Test("INV-15: uneven loads are conserved in folded steps too", arguments: 1...12)
  func uneven(seed: Int) throws {
    var scenario = try scenario(seed)
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: UInt64(seed))
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    for result in [folded, full] {
      #expect(result.network.isConserved, "seed \(seed)")
      #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime }, "seed \(seed)")
    }
    let ratio = folded.stepTime.seconds / full.stepTime.seconds
    #expect(abs(ratio - 1) < 0.02, "seed \(seed): \(scenario.spec.layout)")
  }
}

@Suite("Recomputation")
struct RecomputationTests {
  private func step(_ activations: ActivationPolicy) throws -> TrainingStep {
    var scenario = try SmallScenario(schedule: "1f1b", pipeline: 2, partition: [4, 4])
    scenario.spec.activations = activations
    scenario.cluster.node.gpu.memory = Bytes(1e15)
    return try scenario.step()
  }

  private func policy(
    _ recompute: Set<ActivationPolicy.Recompute>,
    _ layers: ActivationPolicy.WholeLayers = .uniform(1)
  ) -> ActivationPolicy {
    ActivationPolicy(recompute: recompute, cached: .bf16, wholeLayers: layers)
  }

  @Test("a recomputed layer runs its forward again, and the model's FLOPs stay the same")
  func work() throws {
    let (kept, whole) = (try step(policy([])), try step(policy([.full])))
    func count(_ step: TrainingStep, _ kind: OperationKind) -> Int {
      step.program().labels.count { $0.kind == kind }
    }

    // Forward, backward, and the forward again.
    #expect(2 * count(whole, .dispatch) == 3 * count(kept, .dispatch))
    #expect(2 * count(whole, .combine) == 3 * count(kept, .combine))
    let (before, after) = (kept.run(), whole.run())
    #expect(after.stepTime > before.stepTime)
    let (mfu, slower) = (before.value(.mfuCausal), after.value(.mfuCausal))
    #expect(
      try abs(
        #require(mfu) * before.stepTime.seconds / (#require(slower) * after.stepTime.seconds) - 1)
        < 1e-12)
  }

  @Test("kept inputs and working sets of whole layers follow from the layers of a stage")
  func memory() throws {
    let kept = try step(policy([]))
    let layers = kept.stages[1].blocks.filter { LayerKind.layers.contains($0.kind) }
    let count = layers.count
    let moe = kept.costs[.moe]
    let (input, whole) = (moe.inputBytes, moe.activationBytes)
    func held(_ wholeLayers: ActivationPolicy.WholeLayers) throws -> (Double, Double) {
      let step = try step(policy([.full], wholeLayers))
      let held = HeldActivations(stages: step.stages, costs: step.costs)
      let end = step.costs[.head].activationBytes
      return (held.balanced[1] - end, held.workingSets[1])
    }

    #expect(layers.allSatisfy { $0.kind == .moe })
    #expect(try held(.uniform(1)) == (Double(count) * input, whole - input))
    let groups = (count + 1) / 2
    #expect(try held(.uniform(2)) == (Double(groups) * input, 2 * whole - input))
    #expect(try held(.first(1)) == (input + Double(count - 1) * whole, whole - input))
  }

  @Test("the input of an MTP module's projection is kept as its product reads it")
  func projection() throws {
    var scenario = try SmallScenario(schedule: "1f1b")
    scenario.cluster.node.gpu.memory = Bytes(1e15)
    func bytes(_ precision: TrainingPrecision, _ cached: Precision) throws -> Double {
      scenario.spec.precision = precision
      scenario.spec.activations = ActivationPolicy(recompute: [], cached: cached)
      return try scenario.step().costs[.mtp].activationBytes
    }

    #expect(try bytes(.bf16, .fp8) == bytes(.bf16, .bf16))
    #expect(try bytes(.deepseekV3, .fp8) < bytes(.deepseekV3, .bf16))
  }

  @Test("a recomputed feed-forward drops all of it but its normed input", arguments: [true, false])
  func feedForward(isExpertLayer: Bool) throws {
    let model = try step(policy([])).model
    let names = model.keptActivations(
      isExpertLayer: isExpertLayer, policy: policy([.mlp, .moe]), sharding: .none
    ).map(\.name)

    #expect(names.last == "ffn_norm_out")
  }

  @Test("a feed-forward that runs again as a whole repeats its SwiGLU once, and holds its output")
  func swigluOnce() throws {
    func costs(_ recompute: Set<ActivationPolicy.Recompute>) throws -> BlockCosts {
      try step(policy(recompute)).costs
    }
    func names(_ costs: BlockCosts, _ kind: LayerKind) -> [String] {
      costs.timedKernels(of: kind).map(\.kernel.name)
    }
    let (dense, experts) = (try costs([.mlp]), try costs([.moe]))

    let denseToo = try costs([.mlp, .swiglu])
    #expect(names(denseToo, .dense) == names(dense, .dense))
    #expect(denseToo[.dense].recomputedBytes == dense[.dense].recomputedBytes)
    for choice in [ActivationPolicy.Recompute.swiglu, .routedSwiglu] {
      let both = try costs([.moe, choice])
      #expect(names(both, .moe) == names(experts, .moe))
      #expect(both[.moe].recomputedBytes == experts[.moe].recomputedBytes)
    }
  }

  @Test("a recomputed dense feed-forward repeats neither its norm nor the residual sum")
  func innerKernels() throws {
    let step = try step(policy([.mlp]))
    let costs = step.costs
    let apart = costs.timedKernels(of: .dense).filter {
      $0.part == .feedForward && $0.pass == .forward
        && ["ffn norm", "ffn residual"].contains($0.kernel.name)
    }

    var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
    emitter.emit([.backward(Work(microbatch: 0, stage: 0))], rank: 0) { _ in
      [CellBlock(kind: .dense)]
    }
    // The forward again is the first feed-forward of the backward.
    let first = try #require(
      zip(emitter.program.operations, emitter.program.labels)
        .first { $0.1.kind == .feedForward }?.0.computeTime)

    #expect(apart.count == 2)
    let whole = costs[.dense][.feedForward, .forward].alone.seconds
    let without = whole - apart.reduce(0) { $0 + $1.time.seconds }
    // Each duration rounds to a picosecond.
    #expect(abs(first.alone.seconds - without) < 5e-12)
  }
}

@Suite("Layouts of stages in text")
struct StageLayoutTests {
  @Test(
    "a text is expanded, and written back in its shortest form",
    arguments: [
      ("Et|(tt|)*30mL", 32, 61, "Et|(tt|)*30mL"), ("Et*3|(tt|)*29,m|L", 32, 61, nil),
      ("EtL", 1, 1, "EtL"), ("E||tL", 3, 1, "E||tL"), ("E((t|)*2)*2L", 5, 4, "Et|(t|)*3L"),
      ("Et*11|(t*12|)*6t*11L", 8, 94, "Et*11|(t*12|)*6t*11L"),
    ])
  func text(text: String, stages: Int, layers: Int, shortest: String?) throws {
    let layout = try StageLayout(text: text)

    #expect(layout.stages.count == stages)
    #expect(layout.partition.reduce(0, +) == layers)
    #expect(layout.text == shortest ?? layout.text)
    #expect(try StageLayout(text: layout.text) == layout)
  }

  @Test(
    "a text with another order, symbol or bracket is refused",
    arguments: [
      ("tEL", "an E that is not at the start"), ("ttL", "does not start with E"),
      ("Ett", "does not end with L"), ("EtL|t", "a t behind an m or L"),
      ("EtL|", "does not end with L"), ("EmtL", "a t behind an m or L"),
      ("Etm|mL", "MTP modules in several stages"), ("EtLL", "more than one L"),
      ("EtLm", "an m behind the L"), ("Et*L", "a * without a number"), ("E(tL", "a ( without a )"),
      ("Et)L", "a ) without a ("), ("ExL", "has \"x\""), ("E(t*9999)*9999L", "more than 65536"),
    ])
  func refused(text: String, words: String) {
    let problem = #expect(throws: StageTextProblem.self) { try StageLayout(text: text) }
    #expect(problem?.message.contains(words) == true, "\(problem?.message ?? "")")
  }

  @Test("MTP modules apart from the embedding sum the gradients of both copies once a step")
  func copies() throws {
    var scenario = try SmallScenario(schedule: "interleaved", pipeline: 4, layers: 6)
    scenario.spec.trainsMTP = true
    scenario.spec.chunks = 2
    scenario.spec.stages = try StageLayout(text: "Et|t|t|t|t|t|m|L")
    let step = try scenario.step()
    let labels = step.program().labels
    let bytes = Double(step.model.vocabulary * step.model.hidden * 4)

    // The module on rank 2 has copies of the embedding of rank 0 and of the head of rank 3.
    #expect(
      step.copies == [
        MatrixCopies(ranks: [0, 2], bytes: bytes), MatrixCopies(ranks: [2, 3], bytes: bytes),
      ])
    #expect(labels.count { $0.kind == .copySum } == 4)
    #expect(step.run().attributedTimes.allSatisfy { $0 == step.run().stepTime })
  }
}

@Suite("Memory of layouts by hand")
struct LayoutMemoryTests {
  @Test("Mixtral on 16 GPUs, TP2 EP8 with experts in halves, summed by hand")
  func mixtral() throws {
    let vector = try #require(
      try LayoutVector.all(refused: false).first { $0.name == "mixtral-8x7b-16-etp2" })
    let step = try vector.step()
    let memory = step.memory.ranks[0]
    let (hidden, width, half) = (4096.0, 14_336.0, 0.5)

    // Per layer: q and o, k and v of 8 of 32 heads, two norms, a router; an expert's half.
    let attention = (2 * hidden * hidden + 2 * hidden * 1024) * half
    let ends = 2 * 32_000 * half * hidden + hidden
    let outside = 32 * (attention + 2 * hidden + 8 * hidden) + ends
    let experts = 32 * 3 * hidden * width * half
    #expect(memory.weights == 2 * (outside + experts))
    #expect(memory.gradients == 4 * (outside + experts))
    // Eight replicas of everything else, one of each half of an expert.
    #expect(memory.optimizer == 12 * (outside / 8 + experts))
    // The layers' activations are the vector's. The embedding keeps ids, the head its own tokens
    // before and after its norm, and logits of half of the vocabulary.
    let layers = try #require(
      vector.ranks.first?.values["activation_per_microbatch"].items.first?.number)
    #expect(memory.activations == layers + 2048 * 4 + 1024 * 4 * hidden + 2048 * 2 * 16_000)
    // Both experts of a token are on different GPUs: as many tokens arrive as rows, of both GPUs
    // with halves. A gathered input of all tokens. Logits in FP32.
    let rows = 1024.0 * 2 * 2
    #expect(
      memory.workspace == hidden * 2 * rows * (2 + 2) + 2048 * hidden * 2 + 2048 * 16_000 * 4)
    #expect(
      memory.total
        == memory.weights + memory.gradients + memory.optimizer + memory.activations
        + memory.workspace + 4 * 1024 * 1024 * 1024)
  }
}
