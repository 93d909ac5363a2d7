// What no placement can beat, so that the gap that is left is known.

/// Lower bounds on the load of the fullest GPU of a layer, each over the mean load of a GPU.
public struct PlacementBounds: Hashable, Sendable {
  /// The mean itself: 1.
  public let mean = 1.0
  /// The least largest replica that the slots allow, where replicas share a load equally.
  public let largestReplica: Double
  /// The fullest node of the best packing of whole groups, spread over its GPUs; nil where groups
  /// need not stay whole, or where they are too many to try all packings.
  public let node: Double?

  /// Bounds of one layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts.
  public init(_ loads: [Float], _ sizes: PlacementSizes) {
    let numbers = loads.map(Double.init)
    let sum = numbers.reduce(0, +)
    guard sum > 0 else {
      largestReplica = 1
      node = sizes.isHierarchical ? 1 : nil
      return
    }
    largestReplica =
      Self.leastLargest(numbers, slots: sizes.replicas) * Double(sizes.gpus) / sum
    guard sizes.isHierarchical else {
      node = nil
      return
    }
    let groups = BestPlacement.groupLoads(numbers, groups: sizes.groups)
    let ranking = GroupPacking.ranked(groups, nodes: sizes.nodes, keep: 1)
    let fullest = ranking.packings.first?.fullest ?? 0
    node = ranking.isExact ? fullest * Double(sizes.nodes) / sum : nil
  }

  /// The tightest of the bounds.
  public var tightest: Double { max(mean, largestReplica, node ?? 0) }

  /// Greedy replication is optimal for equal splits: an exchange argument.
  private static func leastLargest(_ loads: [Double], slots: Int) -> Double {
    var counts = [Int](repeating: 1, count: loads.count)
    var shares = loads
    for step in loads.count...slots {
      var largest = 0
      for expert in shares.indices where shares[expert] > shares[largest] { largest = expert }
      if step == slots { return shares[largest] }
      counts[largest] += 1
      shares[largest] = loads[largest] / Double(counts[largest])
    }
    return shares.max() ?? 0
  }
}
