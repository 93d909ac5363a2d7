// Replans a placement that is in use, moving as few expert weights as possible.
//
// There are two candidates: local search from the current placement until it is good enough, and a
// fresh plan whose nodes, GPUs and slots are relabelled to overlap with the current placement. The
// one that moves fewer experts wins.

/// Replans a placement that is in use.
package struct Replanning: Hashable, Sendable {
  package var sizes: PlacementSizes
  /// Tolerated maximum GPU load relative to a fresh plan's, both before anything moves and after a
  /// move: 1.02 tolerates 2 %.
  package var threshold: Double

  /// - Precondition: `threshold` >= 1.
  package init(sizes: PlacementSizes, threshold: Double) {
    precondition(threshold >= 1, "the threshold is at least 1")
    self.sizes = sizes
    self.threshold = threshold
  }

  private static let stepLimit = 600
  /// The threshold unless another is asked for.
  package static let usualThreshold = 1.02

  /// The next placement of a layer: the current one if it is within the threshold.
  package func plan(_ loads: [Float], current: LayerPlacement) -> LayerPlacement {
    // No plan is below the mean.
    if current.imbalance(loads, gpus: sizes.gpus) <= threshold { return current }
    let fresh = BestPlacement.plan(loads, sizes)
    let goal = threshold * maxLoad(fresh, loads)
    if maxLoad(current, loads) <= goal { return current }
    let relabelled = relabelled(fresh, like: current)
    let refined = refined(current, loads, goal: goal)
    let isGoodEnough = maxLoad(refined, loads) <= goal
    let moves = { moved(from: current, to: $0).reduce(0, +) }
    return isGoodEnough && moves(refined) < moves(relabelled) ? refined : relabelled
  }

  /// The next placement of every layer.
  package func plan(_ loads: ExpertLoads, current: ExpertPlacement) -> ExpertPlacement {
    ExpertPlacement(
      layers: current.layers.enumerated().map { plan(loads[$0.offset], current: $0.element) })
  }

  /// Number of experts that each GPU must receive, `[gpus]`; changes of slot within a GPU do not
  /// count.
  package func moved(from old: LayerPlacement, to new: LayerPlacement) -> [Int] {
    received(from: old, to: new).map(\.count)
  }

  /// The experts that each GPU must receive, `[gpus]`; changes of slot within a GPU do not count.
  package func received(from old: LayerPlacement, to new: LayerPlacement) -> [[Int]] {
    let slots = sizes.slotsPerGPU
    return (0..<sizes.gpus).map { gpu in
      let range = gpu * slots..<(gpu + 1) * slots
      return Self.missing(Array(new.experts[range]), in: Array(old.experts[range]))
    }
  }

  private func maxLoad(_ placement: LayerPlacement, _ loads: [Float]) -> Double {
    placement.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
  }

  /// Elements of `wanted` that `present` lacks, counted with multiplicity.
  private static func missing(_ wanted: [Int], in present: [Int]) -> [Int] {
    var rest = present
    return wanted.filter { expert in
      guard let index = rest.firstIndex(of: expert) else { return true }
      rest.remove(at: index)
      return false
    }
  }

  private func refined(
    _ current: LayerPlacement, _ loads: [Float], goal: Double
  ) -> LayerPlacement {
    let nodes = sizes.isHierarchical ? sizes.nodes : 1
    let problem = NodeProblem(
      loads: loads.map(Double.init), groupSize: loads.count, slots: sizes.replicas / nodes,
      gpus: sizes.gpus / nodes)
    // Slightly below the goal, so that sums in another order still meet it.
    return problem.refine(current, nodes: nodes, steps: Self.stepLimit, goal: goal * (1 - 1e-8))
  }

  // MARK: Relabelling

  /// The same plan with its nodes, GPUs and slots relabelled to overlap with another placement.
  func relabelled(_ plan: LayerPlacement, like old: LayerPlacement) -> LayerPlacement {
    let nodes = sizes.isHierarchical ? sizes.nodes : 1
    let perNode = sizes.replicas / nodes
    let slots = sizes.slotsPerGPU
    var experts = plan.experts
    let nodeOf = Self.matching(plan.experts, old.experts, size: perNode)
    for node in 0..<nodes {
      let source = Array(plan.experts[node * perNode..<(node + 1) * perNode])
      let start = nodeOf[node] * perNode
      let target = Array(old.experts[start..<start + perNode])
      let gpuOf = Self.matching(source, target, size: slots)
      for gpu in gpuOf.indices {
        let place = gpuOf[gpu] * slots
        let ordered = Self.keepingSlots(
          Array(source[gpu * slots..<(gpu + 1) * slots]), Array(target[place..<place + slots]))
        experts.replaceSubrange(start + place..<start + place + slots, with: ordered)
      }
    }
    return LayerPlacement(experts: experts, expertCount: plan.counts.count)
  }

  /// Maps each block of `size` slots in `new` to a block in `old`, matching the pairs with the most
  /// experts in common first.
  private static func matching(_ new: [Int], _ old: [Int], size: Int) -> [Int] {
    let blocks = new.count / size
    let common = commonCounts(new, old, size: size)
    var pairs: [(common: Int, new: Int, old: Int)] = []
    for a in 0..<blocks {
      for b in 0..<blocks where common[a * blocks + b] > 0 {
        pairs.append((common[a * blocks + b], a, b))
      }
    }
    pairs.sort { ($1.common, $0.new, $0.old) < ($0.common, $1.new, $1.old) }
    var result = [Int](repeating: -1, count: blocks)
    var isTaken = [Bool](repeating: false, count: blocks)
    for pair in pairs where result[pair.new] < 0 && !isTaken[pair.old] {
      result[pair.new] = pair.old
      isTaken[pair.old] = true
    }
    // The others have nothing in common, and are matched in order.
    var free = isTaken.indices.filter { !isTaken[$0] }[...]
    for block in result.indices where result[block] < 0 { result[block] = free.removeFirst() }
    return result
  }

  /// Experts that each pair of blocks has in common, counted with multiplicity, `[new, old]`.
  private static func commonCounts(_ new: [Int], _ old: [Int], size: Int) -> [Int] {
    let blocks = new.count / size
    var slotsOf = [[Int]](repeating: [], count: (old.max() ?? 0) + 1)
    for (slot, expert) in old.enumerated() { slotsOf[expert].append(slot) }
    var common = [Int](repeating: 0, count: blocks * blocks)
    // The block that last took each old slot, so that it counts once for a block.
    var taken = [Int](repeating: -1, count: old.count)
    for (slot, expert) in new.enumerated() where expert < slotsOf.count {
      let block = slot / size
      var last = -1
      for other in slotsOf[expert] where other / size != last && taken[other] != block {
        taken[other] = block
        last = other / size
        common[block * blocks + last] += 1
      }
    }
    return common
  }

  /// The experts of a GPU; those that it already holds keep their slots.
  private static func keepingSlots(_ experts: [Int], _ old: [Int]) -> [Int] {
    var rest = experts
    var result = old.map { expert -> Int? in
      guard let index = rest.firstIndex(of: expert) else { return nil }
      return rest.remove(at: index)
    }
    for slot in result.indices where result[slot] == nil { result[slot] = rest.removeFirst() }
    return result.compactMap(\.self)
  }
}

/// The cost of moving experts to a new placement.
package struct ExpertMovement: Hashable, Sendable {
  /// Experts sent, over all layers and GPUs.
  package var moved = 0
  /// Experts received, over all layers, by the GPU that receives the most.
  package var maxReceived = 0

  /// The movement between two placements of all layers.
  package init(_ replanning: Replanning, from old: ExpertPlacement, to new: ExpertPlacement) {
    var received = [Int](repeating: 0, count: replanning.sizes.gpus)
    for (before, after) in zip(old.layers, new.layers) where before != after {
      for (gpu, count) in replanning.moved(from: before, to: after).enumerated() {
        received[gpu] += count
      }
    }
    moved = received.reduce(0, +)
    maxReceived = received.max() ?? 0
  }

  /// Bytes sent if one expert has `expertBytes`.
  package func bytes(expertBytes: Double) -> Double { Double(moved) * expertBytes }

  /// Time for the GPU that receives the most, at `bytesPerSecond`. Assumes that every GPU receives
  /// at its full rate, since replicas give each expert several senders.
  package func seconds(expertBytes: Double, bytesPerSecond: Double) -> Double {
    Double(maxReceived) * expertBytes / bytesPerSecond
  }
}
