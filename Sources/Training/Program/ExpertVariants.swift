// What experts take on each GPU, and what is sent to them, where every GPU is simulated.

import Cluster
import Execution
import ModelCost
import Units

/// Numbers under which operations know their experts, and the tables that they stand in.
enum ExpertVariants {
  private static let passes: [LayerKernels.Pass] = [.forward, .backwardInput, .backwardWeight]
  private static let directions = ExpertExchange.Direction.allCases

  /// The number of a pass of a layer and microbatch.
  ///
  /// - Parameter load: layer x microbatches + microbatch.
  static func duration(load: Int, _ pass: LayerKernels.Pass) -> Int32 {
    let row: Int =
      switch pass {
      case .forward: 0
      case .backwardInput: 1
      case .backwardWeight: 2
      }
    return Int32(load * passes.count + row)
  }

  /// The number of an exchange of a layer and microbatch. Gradients go as the tokens went.
  static func exchange(load: Int, isDispatch: Bool) -> Int32 {
    Int32(load * directions.count + (isDispatch ? 0 : 1))
  }

  /// The times of all numbers on each GPU of an expert group; nil where loads are balanced.
  static func durations(_ costs: BlockCosts) -> ReplicaDurations? {
    guard let loads = costs.loads else { return nil }
    let sizes = loads.sizes
    return ReplicaDurations(
      variantCount: sizes.layers * sizes.microbatches * passes.count, memberCount: sizes.gpus
    ) { variant, gpu in
      let (load, pass) = variant.quotientAndRemainder(dividingBy: passes.count)
      let (layer, microbatch) = load.quotientAndRemainder(dividingBy: sizes.microbatches)
      return costs.expertTime(
        passes[pass], rows: loads.rows(layer: layer, microbatch: microbatch, gpu: gpu))
    }
  }

  /// What each GPU of an expert group sends in all exchanges; nil where loads are balanced.
  static func shares(_ costs: BlockCosts, _ transfers: TransferPlanner) -> ReplicaShares? {
    guard let loads = costs.loads else { return nil }
    let sizes = loads.sizes
    let flows = directions.map { transfers.flows($0) }
    return ReplicaShares(
      variantCount: sizes.layers * sizes.microbatches * directions.count, memberCount: sizes.gpus,
      partCount: ExchangeFlows.partCount
    ) { variant, gpu in
      let (load, direction) = variant.quotientAndRemainder(dividingBy: directions.count)
      let (layer, microbatch) = load.quotientAndRemainder(dividingBy: sizes.microbatches)
      return flows[direction].shares(
        loads.exchangeLoad(layer: layer, microbatch: microbatch, gpu: gpu, costs))
    }
  }
}
