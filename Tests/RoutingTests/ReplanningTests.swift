// Replanning: which experts move, which stay, and the network traffic of placements.

import Testing

@testable import Routing

@Suite("Replanning")
struct ReplanningTests {
  private let sizes = PlacementSizes(replicas: 40, groups: 4, nodes: 2, gpus: 8)

  private func loads(seed: UInt64) -> [Float] {
    var random = SplitMix64(state: seed)
    return (0..<32).map { _ in
      let draw = Float(random.next() % 30 + 1)
      return draw * draw
    }
  }

  @Test("within the threshold nothing moves")
  func stays() {
    let current = BestPlacement.plan(loads(seed: 1), sizes)
    let replanning = Replanning(sizes: sizes, threshold: 1.01)

    let next = replanning.plan(loads(seed: 1), current: current)

    #expect(next == current)
    #expect(replanning.moved(from: current, to: next).allSatisfy { $0 == 0 })
  }

  @Test("a new plan meets the threshold and moves no more experts than a fresh plan")
  func moves() {
    let replanning = Replanning(sizes: sizes, threshold: 1.02)
    for seed in UInt64(2)..<22 {
      let current = BestPlacement.plan(loads(seed: 1), sizes)
      let fresh = BestPlacement.plan(loads(seed: seed), sizes)

      let next = replanning.plan(loads(seed: seed), current: current)

      let limit = 1.02 * fresh.imbalance(loads(seed: seed), gpus: 8) * (1 + 1e-12)
      #expect(next.imbalance(loads(seed: seed), gpus: 8) <= limit, "seed \(seed)")
      let moved = replanning.moved(from: current, to: next).reduce(0, +)
      let whole = replanning.moved(from: current, to: fresh).reduce(0, +)
      #expect(moved <= whole, "seed \(seed)")
    }
  }

  @Test("relabelling permutes GPUs and slots but keeps each GPU's experts")
  func relabelling() {
    let replanning = Replanning(sizes: sizes, threshold: 1)
    let old = BestPlacement.plan(loads(seed: 1), sizes)
    let plan = BestPlacement.plan(loads(seed: 2), sizes)

    let relabelled = replanning.relabelled(plan, like: old)

    func gpus(_ placement: LayerPlacement) -> [[Int]] {
      (0..<8).map { placement.experts[$0 * 5..<($0 + 1) * 5].sorted() }
        .sorted { $0.lexicographicallyPrecedes($1) }
    }
    #expect(gpus(relabelled) == gpus(plan))
    #expect(replanning.relabelled(plan, like: plan).experts == plan.experts)
  }

  @Test("moves count experts per receiving GPU, not changes of slot within a GPU")
  func counting() {
    let sizes = PlacementSizes(replicas: 4, groups: 1, nodes: 1, gpus: 2)
    let replanning = Replanning(sizes: sizes, threshold: 1)
    let old = LayerPlacement(experts: [0, 1, 2, 3], expertCount: 4)
    let new = LayerPlacement(experts: [1, 2, 0, 3], expertCount: 4)

    #expect(replanning.moved(from: old, to: new) == [1, 1])
    let movement = ExpertMovement(
      replanning, from: ExpertPlacement(layers: [old, old]),
      to: ExpertPlacement(layers: [new, old]))
    #expect(movement.moved == 2 && movement.maxReceived == 1)
    #expect(movement.bytes(expertBytes: 44.0) == 88)
    #expect(movement.seconds(expertBytes: 50e9, bytesPerSecond: 50e9) == 1)
  }
}

@Suite("Network traffic of a placement")
struct TrafficTests {
  @Test("even loads without a group limit reach as many nodes as independent choices")
  func closedForm() {
    let gate = Gate(experts: 256, groups: 1, groupLimit: 1, topK: 8)
    let sample = TokenSample.following(
      [Float](repeating: 1, count: 256), gate: gate, tokens: 4096, seed: 7)

    let remote = sample.remoteNodes(.contiguous(experts: 256), nodes: 8)

    // 8 (1 - C(224,8)/C(256,8)) nodes, one in eight of which is the token's own.
    #expect(abs(remote - 5.2947 * 7 / 8) < 0.05)
  }

  @Test("the tokens of a hot expert are sampled in proportion to its load")
  func follows() {
    let gate = Gate(experts: 8, groups: 1, groupLimit: 1, topK: 1)
    let sample = TokenSample.following(
      [3, 1, 1, 1, 1, 1, 0, 0], gate: gate, tokens: 8192, seed: 7)

    let share = Double(sample.choices.count { $0 == 0 }) / 8192
    // Binomial with p = 3/8: four standard deviations are 0.021.
    #expect(abs(share - 0.375) < 0.022)
  }

  @Test("expensive messages keep groups whole, free messages balance GPUs")
  func choice() {
    let gate = Gate(experts: 32, groups: 4, groupLimit: 2, topK: 4)
    let sizes = PlacementSizes(replicas: 40, groups: 4, nodes: 2, gpus: 8)
    // The first group is the hottest: whole groups leave its node overloaded.
    let hot = (50..<58).map { Float($0) }
    let loads = hot + (0..<24).map { Float(10 + $0 % 5) }
    func first(message: Double) -> TrafficAwarePlacement.Choice? {
      TrafficAwarePlacement(
        sizes: sizes, gate: gate, secondsPerRow: 1, secondsPerMessage: message,
        sampledTokens: 512
      ).choices(loads, seed: 1).first
    }

    #expect(first(message: 1000)?.keepsGroups == true)
    #expect(first(message: 0)?.keepsGroups == false)
  }
}
