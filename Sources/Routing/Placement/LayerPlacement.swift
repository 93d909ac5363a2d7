// Placement of one layer's experts: which expert each slot holds.

/// The experts of one layer on the slots of its GPUs; the slots of a GPU are consecutive.
package struct LayerPlacement: Hashable, Sendable {
  /// The expert of each slot, `[replicas]`: EPLB's `phy2log`.
  package var experts: [Int]
  /// Replica number of each slot among its expert's replicas, from 0, `[replicas]`.
  package var ranks: [Int]
  /// Replicas of each expert, `[experts]`: EPLB's `logcnt`.
  package var counts: [Int]

  /// - Precondition: `ranks` and `counts` match `experts`.
  init(experts: [Int], ranks: [Int], counts: [Int]) {
    self.experts = experts
    self.ranks = ranks
    self.counts = counts
  }

  /// Numbers replicas in the order of their slots.
  ///
  /// - Precondition: each of the `expertCount` experts has a slot.
  package init(experts: [Int], expertCount: Int) {
    var counts = [Int](repeating: 0, count: expertCount)
    var ranks: [Int] = []
    ranks.reserveCapacity(experts.count)
    for expert in experts {
      ranks.append(counts[expert])
      counts[expert] += 1
    }
    precondition(counts.allSatisfy { $0 > 0 }, "every expert has a slot")
    self.init(experts: experts, ranks: ranks, counts: counts)
  }

  /// Experts in index order, one slot each: the layout without a planner.
  ///
  /// - Precondition: GPUs divide the experts.
  package static func contiguous(experts: Int) -> LayerPlacement {
    LayerPlacement(experts: Array(0..<experts), expertCount: experts)
  }

  /// Experts in index order, from the first again until every slot has one: for layers without
  /// experts, whose placement nothing reads.
  ///
  /// - Precondition: at least as many slots as experts.
  package static func repeating(experts: Int, slots: Int) -> LayerPlacement {
    LayerPlacement(experts: (0..<slots).map { $0 % experts }, expertCount: experts)
  }

  /// The slots of each expert by replica number, padded with -1 to `width`: EPLB's `log2phy`,
  /// `[experts, width]`.
  ///
  /// - Precondition: no expert has more than `width` replicas.
  package func slots(width: Int) -> [[Int]] {
    var result = [[Int]](
      repeating: [Int](repeating: -1, count: width), count: counts.count)
    for (slot, expert) in experts.enumerated() { result[expert][ranks[slot]] = slot }
    return result
  }

  /// The node of each group of experts, `[groups]`; nil if a group has slots on several nodes.
  ///
  /// - Precondition: groups divide the experts, and nodes the slots.
  package func groupNodes(groups: Int, nodes: Int) -> [Int]? {
    let (groupSize, slotsPerNode) = (counts.count / groups, experts.count / nodes)
    var result = [Int](repeating: -1, count: groups)
    for (slot, expert) in experts.enumerated() {
      let (group, node) = (expert / groupSize, slot / slotsPerNode)
      guard result[group] < 0 || result[group] == node else { return nil }
      result[group] = node
    }
    return result
  }

  /// The GPU of each expert, `[experts]`.
  ///
  /// - Precondition: no expert has a second replica.
  func gpus(slotsPerGPU: Int) -> [Int] {
    precondition(experts.count == counts.count, "every expert has one slot")
    var result = [Int](repeating: 0, count: counts.count)
    for (slot, expert) in experts.enumerated() { result[expert] = slot / slotsPerGPU }
    return result
  }

  /// Slots whose expert an earlier slot of the same GPU also holds: wasted memory.
  package func duplicateSlots(gpus: Int) -> Int {
    let perGPU = experts.count / gpus
    return experts.indices.count { slot in
      experts[slot / perGPU * perGPU..<slot].contains(experts[slot])
    }
  }
}

extension LayerPlacement {
  /// Load of each GPU, `[gpus]`; the replicas of an expert share its load equally.
  package func gpuLoads(_ loads: [Float], gpus: Int) -> [Double] {
    let perGPU = experts.count / gpus
    var result = [Double](repeating: 0, count: gpus)
    for (slot, expert) in experts.enumerated() {
      result[slot / perGPU] += Double(loads[expert]) / Double(counts[expert])
    }
    return result
  }

  /// Largest GPU load / mean; 1 without any load.
  package func imbalance(_ loads: [Float], gpus: Int) -> Double {
    let sum = loads.reduce(0) { $0 + Double($1) }
    return sum > 0 ? (gpuLoads(loads, gpus: gpus).max() ?? 0) * Double(gpus) / sum : 1
  }
}

/// Placement of the experts of every layer.
package struct ExpertPlacement: Hashable, Sendable {
  /// One placement per layer.
  package var layers: [LayerPlacement]

  package init(layers: [LayerPlacement]) { self.layers = layers }
}
