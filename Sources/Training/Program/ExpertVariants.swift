// Durations of experts on each simulated GPU, and how much is sent to them.

import Cluster
import Execution
import ModelCost
import Units

/// The variants of operations with experts, with tables of each member's durations and shares.
enum ExpertVariants {
  private static let passes = LayerKernels.Pass.allCases
  private static let directions = ExpertExchange.Direction.allCases

  /// A pass of a layer and microbatch.
  ///
  /// - Parameter load: layer x microbatches + microbatch.
  static func duration(load: Int, _ pass: LayerKernels.Pass) -> MemberDurations.Variant {
    ID(load * passes.count + pass.caseIndex)
  }

  /// An exchange of a layer and microbatch. Gradients take the same routes as the tokens.
  static func exchange(
    load: Int, _ direction: ExpertExchange.Direction
  ) -> MemberShares.Variant {
    ID(load * directions.count + direction.caseIndex)
  }

  /// The times of all passes on each member; nil if loads are balanced.
  static func durations(_ costs: BlockCosts, _ members: MemberLoads?) -> MemberDurations? {
    guard let members, let sizes = costs.loads?.sizes else { return nil }
    return MemberDurations(
      variantCount: sizes.layers * sizes.microbatches * passes.count, columns: members.columns
    ) { variant, column in
      let (load, pass) = variant.quotientAndRemainder(dividingBy: passes.count)
      let traffic = members.traffic(load, column: column)
      return costs.expertTime(passes[pass], rows: traffic.rows, arrived: traffic.arrived)
    }
  }

  /// How much each member sends in all exchanges; nil if there are no exchanges. Balanced ones are
  /// variants of load 0.
  static func shares(
    _ costs: BlockCosts, _ members: MemberLoads?, _ transfers: TransferPlanner
  ) -> MemberShares? {
    guard costs.exchanges != nil else { return nil }
    let flows = directions.map { transfers.flows($0) }
    let sizes = members == nil ? nil : costs.loads?.sizes
    let loads = sizes.map { $0.layers * $0.microbatches } ?? 1
    return MemberShares(
      variantCount: loads * directions.count,
      columns: members?.columns ?? transfers.representatives.members.map { _ in 0 },
      partCount: ExchangeFlows.partCount
    ) { variant, column in
      let (load, direction) = variant.quotientAndRemainder(dividingBy: directions.count)
      return flows[direction].shares(members?.traffic(load, column: column))
    }
  }
}
