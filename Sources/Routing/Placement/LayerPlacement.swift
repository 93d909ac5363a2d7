// Where the experts of one layer live: which expert each slot holds.

/// The experts of one layer on the slots of its GPUs; slots of a GPU follow each other.
public struct LayerPlacement: Hashable, Sendable {
  /// The expert of each slot, `[replicas]`: EPLB's `phy2log`.
  public var experts: [Int]
  /// Which of its expert's replicas a slot holds, counted from 0, `[replicas]`.
  public var ranks: [Int]
  /// Replicas of each expert, `[experts]`: EPLB's `logcnt`.
  public var counts: [Int]

  /// - Precondition: ranks and counts are those of the slots.
  init(experts: [Int], ranks: [Int], counts: [Int]) {
    self.experts = experts
    self.ranks = ranks
    self.counts = counts
  }

  /// Replicas numbered in the order of their slots.
  ///
  /// - Precondition: each of `expertCount` experts has a slot.
  public init(experts: [Int], expertCount: Int) {
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

  /// Experts in their order, without replicas: what a cluster has before any planning.
  ///
  /// - Precondition: GPUs divide the experts.
  public static func contiguous(experts: Int) -> LayerPlacement {
    LayerPlacement(experts: Array(0..<experts), expertCount: experts)
  }

  /// The slots of each expert by replica number, -1 where it has fewer than `width`:
  /// EPLB's `log2phy`, `[experts, width]`.
  ///
  /// - Precondition: no expert has more than `width` replicas.
  public func slots(width: Int) -> [[Int]] {
    var result = [[Int]](
      repeating: [Int](repeating: -1, count: width), count: counts.count)
    for (slot, expert) in experts.enumerated() { result[expert][ranks[slot]] = slot }
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

  /// Slots that hold an expert which a lower slot of the same GPU holds too: wasted memory.
  public func duplicateSlots(gpus: Int) -> Int {
    let perGPU = experts.count / gpus
    return experts.indices.count { slot in
      experts[slot / perGPU * perGPU..<slot].contains(experts[slot])
    }
  }
}

extension LayerPlacement {
  /// Load of each GPU, `[gpus]`, where the replicas of an expert share its load equally.
  public func gpuLoads(_ loads: [Float], gpus: Int) -> [Double] {
    let perGPU = experts.count / gpus
    var result = [Double](repeating: 0, count: gpus)
    for (slot, expert) in experts.enumerated() {
      result[slot / perGPU] += Double(loads[expert]) / Double(counts[expert])
    }
    return result
  }

  /// Largest GPU load over the mean; 1 where nothing is asked for.
  public func imbalance(_ loads: [Float], gpus: Int) -> Double {
    let sum = loads.reduce(0) { $0 + Double($1) }
    return sum > 0 ? (gpuLoads(loads, gpus: gpus).max() ?? 0) * Double(gpus) / sum : 1
  }
}

/// Where the experts of every layer live.
public struct ExpertPlacement: Hashable, Sendable {
  /// One placement a layer, in the order of the loads that they were planned on.
  public var layers: [LayerPlacement]

  public init(layers: [LayerPlacement]) { self.layers = layers }

  /// Largest number of replicas of an expert in any layer.
  public var widest: Int { layers.map { $0.counts.max() ?? 0 }.max() ?? 0 }
}
