// Who says where the experts of a layer live, by the words of a scenario.

/// A planner of expert placements.
public enum ExpertPlanner: String, CaseIterable, Hashable, Sendable {
  /// Experts in their order, one slot each: no plan.
  case inOrder = "in_order"
  /// Ours: never a fuller GPU than EPLB's.
  case best
  /// DeepSeek's.
  case eplb

  /// A placement of one layer.
  ///
  /// - Precondition: `sizes` has no problems for the number of experts; in order there is a slot
  ///   for each expert and no more.
  public func plan(_ loads: [Float], _ sizes: PlacementSizes) -> LayerPlacement {
    switch self {
    case .inOrder:
      precondition(sizes.replicas == loads.count, "in order, experts have one slot each")
      return .contiguous(experts: loads.count)
    case .best: return BestPlacement.plan(loads, sizes)
    case .eplb: return EPLB.plan(loads, sizes)
    }
  }
}
