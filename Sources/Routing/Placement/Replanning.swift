// A new placement beside the one that is in use: weights that stay need not be sent.
//
// Two ways lead to a better placement: steps from the present one until it is good enough, and a
// fresh plan whose nodes, GPUs and slots are renamed so that as much as can be stays. The one that
// moves less is taken.

/// Plans again while experts are in place.
public struct Replanning: Hashable, Sendable {
  public var sizes: PlacementSizes
  /// How much fuller than the fresh plan's the fullest GPU may be before anything moves, and after
  /// it: 1.02 tolerates 2 %.
  public var threshold: Double

  /// - Precondition: `threshold` >= 1.
  public init(sizes: PlacementSizes, threshold: Double) {
    precondition(threshold >= 1, "a plan cannot be asked to be better than the best")
    self.sizes = sizes
    self.threshold = threshold
  }

  private static let stepLimit = 600

  /// The next placement of a layer: the present one where that is within the threshold.
  public func plan(_ loads: [Float], current: LayerPlacement) -> LayerPlacement {
    let fresh = BestPlacement.plan(loads, sizes)
    let goal = threshold * fullest(fresh, loads)
    if fullest(current, loads) <= goal { return current }
    let renamed = aligned(fresh, to: current)
    let stepped = descended(from: current, loads, goal: goal)
    let isGoodEnough = fullest(stepped, loads) <= goal
    let moves = { moved(from: current, to: $0).reduce(0, +) }
    return isGoodEnough && moves(stepped) < moves(renamed) ? stepped : renamed
  }

  /// The next placement of every layer.
  public func plan(_ loads: ExpertLoads, current: ExpertPlacement) -> ExpertPlacement {
    ExpertPlacement(
      layers: current.layers.enumerated().map { plan(loads[$0.offset], current: $0.element) })
  }

  /// Experts that each GPU has to receive, `[gpus]`; changing slots within a GPU is no move.
  public func moved(from old: LayerPlacement, to new: LayerPlacement) -> [Int] {
    let slots = sizes.slotsPerGPU
    return (0..<sizes.gpus).map { gpu in
      let range = gpu * slots..<(gpu + 1) * slots
      return Self.missing(Array(new.experts[range]), in: Array(old.experts[range])).count
    }
  }

  private func fullest(_ placement: LayerPlacement, _ loads: [Float]) -> Double {
    placement.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
  }

  /// What of the first list, counted with repetition, the second lacks.
  private static func missing(_ wanted: [Int], in present: [Int]) -> [Int] {
    var rest = present
    return wanted.filter { expert in
      guard let index = rest.firstIndex(of: expert) else { return true }
      rest.remove(at: index)
      return false
    }
  }

  private func descended(
    from current: LayerPlacement, _ loads: [Float], goal: Double
  ) -> LayerPlacement {
    let nodes = sizes.isHierarchical ? sizes.nodes : 1
    let problem = NodeProblem(
      loads: loads.map(Double.init), groupSize: loads.count, slots: sizes.replicas / nodes,
      gpus: sizes.gpus / nodes)
    // A hair below the goal, so that sums in another order still meet it.
    return problem.refine(current, nodes: nodes, steps: Self.stepLimit, goal: goal * (1 - 1e-8))
  }

  // MARK: Renaming

  /// The same plan with nodes, GPUs of a node and slots of a GPU renamed towards another placement.
  func aligned(_ plan: LayerPlacement, to old: LayerPlacement) -> LayerPlacement {
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
        let inOrder = Self.inPlaces(
          Array(source[gpu * slots..<(gpu + 1) * slots]), Array(target[place..<place + slots]))
        experts.replaceSubrange(start + place..<start + place + slots, with: inOrder)
      }
    }
    return LayerPlacement(experts: experts, expertCount: plan.counts.count)
  }

  /// For each block of `size` slots of the first list the block of the second that it becomes:
  /// pairs with most in common first.
  private static func matching(_ new: [Int], _ old: [Int], size: Int) -> [Int] {
    let blocks = new.count / size
    var pairs: [(common: Int, new: Int, old: Int)] = []
    for a in 0..<blocks {
      let mine = Array(new[a * size..<(a + 1) * size])
      for b in 0..<blocks {
        let lacking = missing(mine, in: Array(old[b * size..<(b + 1) * size])).count
        pairs.append((size - lacking, a, b))
      }
    }
    pairs.sort { ($1.common, $0.new, $0.old) < ($0.common, $1.new, $1.old) }
    var result = [Int](repeating: -1, count: blocks)
    var isTaken = [Bool](repeating: false, count: blocks)
    for pair in pairs where result[pair.new] < 0 && !isTaken[pair.old] {
      result[pair.new] = pair.old
      isTaken[pair.old] = true
    }
    return result
  }

  /// The experts of a GPU, those that it already holds in their old slots.
  private static func inPlaces(_ experts: [Int], _ old: [Int]) -> [Int] {
    var rest = experts
    var result = old.map { expert -> Int? in
      guard let index = rest.firstIndex(of: expert) else { return nil }
      return rest.remove(at: index)
    }
    for slot in result.indices where result[slot] == nil { result[slot] = rest.removeFirst() }
    return result.compactMap(\.self)
  }
}

/// What it costs to send experts to new places.
public struct ExpertMovement: Hashable, Sendable {
  /// Experts sent, over all layers and GPUs.
  public var moved = 0
  /// Experts that the GPU with the most to receive gets, over all layers.
  public var mostReceived = 0

  /// The movement between two placements of all layers.
  public init(_ replanning: Replanning, from old: ExpertPlacement, to new: ExpertPlacement) {
    var received = [Int](repeating: 0, count: replanning.sizes.gpus)
    for (before, after) in zip(old.layers, new.layers) where before != after {
      for (gpu, count) in replanning.moved(from: before, to: after).enumerated() {
        received[gpu] += count
      }
    }
    moved = received.reduce(0, +)
    mostReceived = received.max() ?? 0
  }

  /// Bytes sent when one expert has `expertBytes`.
  public func bytes(expertBytes: Double) -> Double { Double(moved) * expertBytes }

  /// The time in which the GPU with the most to receive gets it at `bytesPerSecond`. Every GPU is
  /// taken to receive at its full rate; senders are many, as experts have replicas.
  public func seconds(expertBytes: Double, bytesPerSecond: Double) -> Double {
    Double(mostReceived) * expertBytes / bytesPerSecond
  }
}
