// Placement planners by the names that scenarios use.

/// A planner of expert placements.
package enum ExpertPlanner: String, CaseIterable, Hashable, Sendable {
  /// No planning: experts in index order, one slot each.
  case inOrder = "in_order"
  /// `BestPlacement`: never worse than EPLB.
  case best
  /// DeepSeek's EPLB.
  case eplb

  /// Plans one layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts; `inOrder` takes exactly one
  ///   slot per expert.
  package func plan(_ loads: [Float], _ sizes: PlacementSizes) -> LayerPlacement {
    switch self {
    case .inOrder:
      precondition(sizes.replicas == loads.count, "in order, experts have one slot each")
      return .contiguous(experts: loads.count)
    case .best: return BestPlacement.plan(loads, sizes)
    case .eplb: return EPLB.plan(loads, sizes)
    }
  }
}
