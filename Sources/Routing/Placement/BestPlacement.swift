// A planner that starts where EPLB ends and looks further.
//
// Groups go to nodes by exact search; replicas are packed longest first and then exchanged, and
// moved from expert to expert, while that makes the fullest GPU less full. Each layer keeps the
// better of this and EPLB, so no layer is ever worse. Replicas of an expert share its load equally.

/// The project's own planner.
public enum BestPlacement {
  /// A placement of every layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts.
  public static func plan(_ loads: ExpertLoads, _ sizes: PlacementSizes) -> ExpertPlacement {
    ExpertPlacement(layers: (0..<loads.layers).map { plan(loads[$0], sizes) })
  }

  /// A placement of one layer, never with a fuller GPU than EPLB's.
  ///
  /// Of the candidates that are not fuller, the one that wastes the fewest slots on second replicas
  /// of an expert on one GPU; of these the least full.
  public static func plan(_ loads: [Float], _ sizes: PlacementSizes) -> LayerPlacement {
    let published = EPLB.plan(loads, sizes)
    // The packing's own sums differ in the last bit: one measure for all.
    let bar = published.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
    var best = (
      placement: published, wasted: published.duplicateSlots(gpus: sizes.gpus), fullest: bar
    )
    for candidate in candidates(loads, sizes, published: published) {
      let fullest = candidate.gpuLoads(loads, gpus: sizes.gpus).max() ?? 0
      let wasted = candidate.duplicateSlots(gpus: sizes.gpus)
      guard fullest <= bar, (wasted, fullest) < (best.wasted, best.fullest) else { continue }
      best = (candidate, wasted, fullest)
    }
    return best.placement
  }

  /// Packings of groups that are tried: the best one may not leave the best GPUs.
  private static let packingsTried = 4
  /// Steps of one descent; it mostly ends sooner.
  private static let stepLimit = 600

  private static func candidates(
    _ loads: [Float], _ sizes: PlacementSizes, published: LayerPlacement
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
      // A node cannot spread more than its load: later packings are fuller still.
      if packing.fullest / Double(sizes.gpus / nodes) >= least { break }
      let solved = packing.nodes.map { problem.solve(groups: $0, steps: stepLimit) }
      least = min(least, solved.map(\.fullest).max() ?? 0)
      results.append(
        LayerPlacement(experts: solved.flatMap(\.experts), expertCount: loads.count))
    }
    results.append(problem.refine(published, nodes: nodes, steps: stepLimit))
    return results
  }

  /// Loads of groups of experts.
  static func groupLoads(_ loads: [Double], groups: Int) -> [Double] {
    let size = loads.count / groups
    return (0..<groups).map { loads[$0 * size..<($0 + 1) * size].reduce(0, +) }
  }
}
