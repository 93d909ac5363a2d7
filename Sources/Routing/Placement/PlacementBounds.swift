// Lower bounds on GPU load, which show how much a placement could still gain.

/// Lower bounds on the maximum GPU load of a layer, each over the mean GPU load.
package struct PlacementBounds: Hashable, Sendable {
  /// The mean itself: 1.
  package let mean = 1.0
  /// The largest replica when slots are assigned to minimise it; replicas share a load equally. 0
  /// for a layer without any load, which has no mean.
  package let largestReplica: Double
  /// The most loaded node of the best packing of whole groups, spread evenly over its GPUs; nil if
  /// groups need not stay whole, or are too many for an exhaustive search.
  package let node: Double?

  /// Bounds of one layer.
  ///
  /// - Parameters:
  ///   - loads: the loads, by expert.
  ///   - sizes: slots, groups of experts, nodes and GPUs.
  ///   - placement: the placement to bound, which may split groups, or have more of them on one
  ///     node than on another, and so be more even than any packing; nil for all by EPLB's rule.
  /// - Precondition: `sizes` has no problems for the number of experts.
  package init(_ loads: [Float], _ sizes: PlacementSizes, of placement: LayerPlacement? = nil) {
    let numbers = loads.map(Double.init)
    let sum = numbers.reduce(0, +)
    guard sum > 0 else {
      largestReplica = 0
      node = nil
      return
    }
    // Greedy replication is optimal for equal splits, by an exchange argument.
    let replicas = ReplicaPacking.greedyCounts(
      numbers, slots: sizes.replicas, maxPerExpert: sizes.replicas)
    largestReplica = (replicas.shares.max() ?? 0) * Double(sizes.gpus) / sum
    guard sizes.isHierarchical, placement.map({ Self.isPacking($0, sizes) }) ?? true else {
      node = nil
      return
    }
    let groups = BestPlacement.groupLoads(numbers, groups: sizes.groups)
    let ranking = GroupPacking.ranked(groups, nodes: sizes.nodes, keep: 1)
    let maxLoad = ranking.packings.first?.maxLoad ?? 0
    node = ranking.isExact ? maxLoad * Double(sizes.nodes) / sum : nil
  }

  /// Whether each node holds the same number of groups, all of them whole.
  private static func isPacking(_ placement: LayerPlacement, _ sizes: PlacementSizes) -> Bool {
    guard let homes = placement.groupNodes(groups: sizes.groups, nodes: sizes.nodes) else {
      return false
    }
    return (0..<sizes.nodes).allSatisfy { node in
      homes.count { $0 == node } == sizes.groups / sizes.nodes
    }
  }

  /// The tightest of the bounds.
  package var tightest: Double { max(mean, largestReplica, node ?? 0) }
}
