// This project's planner: local search beyond EPLB, never worse than EPLB on any layer.
//
// Groups are assigned to nodes by exact search. Replicas are packed largest first, then swapped
// between GPUs and reassigned between experts while that lowers the maximum GPU load. Each layer
// keeps the better of this and EPLB. Replicas of an expert share its load equally.

/// This project's planner.
package enum BestPlacement {
  /// Plans every layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts.
  package static func plan(_ loads: ExpertLoads, _ sizes: PlacementSizes) -> ExpertPlacement {
    ExpertPlacement(layers: (0..<loads.layers).map { plan(loads[$0], sizes) })
  }

  /// Plans one layer; its maximum GPU load never exceeds EPLB's.
  ///
  /// Of the candidates within EPLB's maximum load, takes the one with the fewest duplicate slots
  /// (second replicas of an expert on one GPU), then the one with the lowest maximum load.
  package static func plan(_ loads: [Float], _ sizes: PlacementSizes) -> LayerPlacement {
    let eplb = EPLB.plan(loads, sizes)
    // Recomputed alike for every candidate: a packing's running sums differ in the last bit.
    let limit = eplb.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
    var best = (
      placement: eplb, duplicates: eplb.duplicateSlots(gpus: sizes.gpus), maxLoad: limit
    )
    for candidate in candidates(loads, sizes, eplb: eplb) {
      let maxLoad = candidate.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
      let duplicates = candidate.duplicateSlots(gpus: sizes.gpus)
      guard maxLoad <= limit, (duplicates, maxLoad) < (best.duplicates, best.maxLoad) else {
        continue
      }
      best = (candidate, duplicates, maxLoad)
    }
    return best.placement
  }

  /// Group packings to try: the best balance of nodes need not give the best balance of GPUs.
  private static let packingsTried = 4
  /// Step limit of one descent; most end earlier.
  private static let stepLimit = 600

  private static func candidates(
    _ loads: [Float], _ sizes: PlacementSizes, eplb: LayerPlacement
  ) -> [LayerPlacement] {
    let nodes = sizes.isHierarchical ? sizes.nodes : 1
    let groups = sizes.isHierarchical ? sizes.groups : 1
    let numbers = loads.map(Double.init)
    let problem = NodeProblem(
      loads: numbers, groupSize: loads.count / groups, slots: sizes.replicas / nodes,
      gpus: sizes.gpus / nodes)
    let ranking = GroupPacking.ranked(
      groupLoads(numbers, groups: groups), nodes: nodes, keep: packingsTried)
    var results: [LayerPlacement] = []
    var least = Double.infinity
    for packing in ranking.packings {
      // The mean load of a node's GPUs bounds their maximum, and later packings have higher means.
      if packing.maxLoad / Double(sizes.gpus / nodes) >= least { break }
      let solved = packing.nodes.map { problem.solve(groups: $0, steps: stepLimit) }
      least = min(least, solved.map(\.maxLoad).max() ?? 0)
      results.append(
        LayerPlacement(experts: solved.flatMap(\.experts), expertCount: loads.count))
    }
    results.append(problem.refine(eplb, nodes: nodes, steps: stepLimit))
    return results
  }

  /// Total load of each group of experts.
  static func groupLoads(_ loads: [Double], groups: Int) -> [Double] {
    let size = loads.count / groups
    return (0..<groups).map { loads[$0 * size..<($0 + 1) * size].reduce(0, +) }
  }
}
