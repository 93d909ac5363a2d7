// The project's planner compared with EPLB and with the lower bounds.

import Testing

@testable import Routing

@Suite("Best placement")
struct BestPlacementTests {
  /// Checks what holds for any placement, whatever the loads.
  private func expectValid(
    _ placement: LayerPlacement, _ sizes: PlacementSizes, experts: Int, _ comment: Comment
  ) {
    #expect(placement.experts.count == sizes.replicas, comment)
    // Each expert has slots, and its replicas are numbered 0, 1, ...: every slot is used once.
    #expect(placement.counts.allSatisfy { $0 > 0 }, comment)
    let slots = placement.slots(width: placement.counts.max() ?? 0)
    let filled = slots.flatMap { $0 }.filter { $0 >= 0 }
    #expect(filled.sorted() == Array(0..<sizes.replicas), comment)
    guard sizes.isHierarchical else { return }
    let groupSize = experts / sizes.groups
    let perNode = sizes.replicas / sizes.nodes
    for node in 0..<sizes.nodes {
      let groups = Set(
        placement.experts[node * perNode..<(node + 1) * perNode].map { $0 / groupSize })
      #expect(groups.count == sizes.groups / sizes.nodes, comment)
    }
  }

  @Test(
    "no layer of a golden file has a higher GPU load than EPLB's", arguments: GoldenPlacement.all)
  func golden(_ golden: GoldenPlacement) {
    let sizes = golden.sizes
    let loads = golden.loads(limit: 4)
    for layer in 0..<loads.layers {
      let eplb = EPLB.plan(loads[layer], sizes)

      let best = BestPlacement.plan(loads[layer], sizes)

      let ratios = [eplb, best].map { $0.imbalance(loads[layer], gpus: sizes.gpus) }
      #expect(ratios[1] <= ratios[0])
      #expect(
        best.duplicateSlots(gpus: sizes.gpus) <= eplb.duplicateSlots(gpus: sizes.gpus))
      #expect(
        ratios[1] >= PlacementBounds(loads[layer], sizes).tightest * (1 - 1e-12))
      expectValid(best, sizes, experts: loads.experts, "\(golden.name), layer \(layer)")
    }
  }

  @Test(
    "with three slots per GPU, half of EPLB's gap to the bound is closed on average",
    arguments: [true, false])
  func closesHalf(isHierarchical: Bool) {
    var closed: [Double] = []
    for golden in GoldenPlacement.all
    where golden.sizes.slotsPerGPU >= 3 && golden.sizes.isHierarchical == isHierarchical {
      let sizes = golden.sizes
      let loads = golden.loads(limit: 4)
      for layer in 0..<loads.layers {
        let bound = PlacementBounds(loads[layer], sizes).tightest
        let eplb = EPLB.plan(loads[layer], sizes).imbalance(loads[layer], gpus: sizes.gpus)
        // There is nothing to close if EPLB is optimal to six digits.
        guard eplb - bound > 1e-6 else { continue }
        let best = BestPlacement.plan(loads[layer], sizes).imbalance(
          loads[layer], gpus: sizes.gpus)
        closed.append((eplb - best) / (eplb - bound))
      }
    }

    #expect(closed.count >= 10)
    #expect(closed.reduce(0, +) / Double(closed.count) >= 0.5)
  }

  @Test("on 1,000 random loads no layer has a higher load or more duplicate slots than EPLB's")
  func random() {
    let seed: UInt64 = 20_250_224
    var random = SplitMix64(state: seed)
    var worse = 0
    for trial in 0..<1000 {
      let nodes = 1 << Int(random.next() % 3)
      let gpus = nodes * (1 + Int(random.next() % 3))
      let groups = nodes * (random.next() % 4 == 0 ? 1 : 2) + (random.next() % 5 == 0 ? 1 : 0)
      let experts = groups * (1 + Int(random.next() % 4))
      let slots = (experts + gpus - 1) / gpus + Int(random.next() % 3)
      let sizes = PlacementSizes(
        replicas: gpus * slots, groups: groups, nodes: nodes, gpus: gpus)
      // Small integers tie often; their fourth powers are skewed.
      let loads = (0..<experts).map { _ in
        let draw = Float(random.next() % 12)
        return trial % 2 == 0 ? draw : draw * draw * draw * draw
      }
      let eplb = EPLB.plan(loads, sizes)

      let best = BestPlacement.plan(loads, sizes)

      expectValid(best, sizes, experts: experts, "seed \(seed), trial \(trial), \(sizes)")
      let isWorse =
        best.imbalance(loads, gpus: gpus) > eplb.imbalance(loads, gpus: gpus)
        || best.duplicateSlots(gpus: gpus) > eplb.duplicateSlots(gpus: gpus)
      worse += isWorse ? 1 : 0
    }

    #expect(worse == 0, "seed \(seed)")
  }

  @Test("one expert may have as many slots of a GPU as sizes allow")
  func oneExpert() {
    let sizes = PlacementSizes(replicas: PlacementSizes.limit, groups: 1, nodes: 1, gpus: 1)

    #expect(BestPlacement.plan([3], sizes).counts == [PlacementSizes.limit])
  }

  @Test("a single hot expert gets exactly one replica per GPU")
  func oneHot() {
    let sizes = PlacementSizes(replicas: 24, groups: 1, nodes: 1, gpus: 8)
    var loads = [Float](repeating: 0, count: 16)
    loads[5] = 800

    let best = BestPlacement.plan(loads, sizes)

    // 800 over 8 GPUs is the mean, which is optimal.
    #expect(best.imbalance(loads, gpus: 8) == 1)
    #expect(best.duplicateSlots(gpus: 8) == 0)
  }
}

@Suite("Placement bounds")
struct PlacementBoundsTests {
  @Test("the largest replica is the smallest T with sum of ceil(load / T) <= slots")
  func largestReplica() {
    let sizes = PlacementSizes(replicas: 6, groups: 1, nodes: 1, gpus: 3)
    // Rounding up 12/T, 5/T, 3/T and 2/T: T = 5 needs 3+1+1+1 = 6 slots, any smaller T more.
    let bounds = PlacementBounds([12, 5, 3, 2], sizes)

    #expect(abs(bounds.largestReplica - 5 * 3 / 22.0) < 1e-12)
    #expect(bounds.node == 1)
    #expect(bounds.tightest == 1)
  }

  @Test("no node bounds a placement that splits groups or has more of them on one node")
  func otherPlacements() {
    let sizes = PlacementSizes(replicas: 6, groups: 4, nodes: 2, gpus: 2)
    func node(_ slots: [Int]) -> Double? {
      PlacementBounds(
        [3, 1, 1, 1], sizes, of: LayerPlacement(experts: slots, expertCount: 4)
      ).node
    }

    // 3 + 1 of 6 on one of two nodes; the others have exactly 3 on each, which is less.
    #expect(node([0, 0, 1, 2, 3, 3]) == 4.0 / 3)
    #expect(node([0, 0, 0, 1, 2, 3]) == nil)
    #expect(node([0, 0, 1, 1, 2, 3]) == nil)
  }

  @Test("the node bound is the best pairing of groups")
  func node() throws {
    let sizes = PlacementSizes(replicas: 8, groups: 8, nodes: 4, gpus: 4)
    let loads: [Float] = [9, 7, 6, 5, 4, 3, 2, 1]

    let bounds = PlacementBounds(loads, sizes)

    // 9+1, 7+2, 6+3, 5+4 of 37: no pairing keeps the node with 9 below 10.
    let bound = try #require(bounds.node)
    #expect(abs(bound - 40.0 / 37) < 1e-12)
  }

  @Test("groups that need not stay whole have no node bound")
  func global() {
    let sizes = PlacementSizes(replicas: 8, groups: 8, nodes: 3, gpus: 3)
    #expect(PlacementBounds([1, 1, 1, 1, 1, 1, 1, 1], sizes).node == nil)
  }
}
