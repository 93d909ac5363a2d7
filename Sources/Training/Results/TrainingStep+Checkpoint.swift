// What a checkpoint of a step's state holds: each parameter once, divided as the optimizer's states
// are. Gradients and the second copy of weights that some schedules keep are not saved.

import ModelCost

/// Parameters of a checkpoint, and how they are divided.
package struct SavedParameters: Hashable, Sendable {
  /// Each parameter once.
  package var unique: Double
  /// Parameters whose states the fullest GPU holds.
  package var fullestShard: Double
  /// Parameters whose weights the fullest GPU holds.
  package var fullestRank: Double
  /// Weights on all GPUs, each replica counted.
  package var held: Double

  package init(unique: Double, fullestShard: Double, fullestRank: Double, held: Double) {
    self.unique = unique
    self.fullestShard = fullestShard
    self.fullestRank = fullestRank
    self.held = held
  }
}

extension TrainingStep {
  /// The parameters that a checkpoint of this step holds.
  package var savedParameters: SavedParameters {
    let modules = spec.modules(of: model)
    let parameters = memory.ranks.map(\.parameters)
    let copies = Double(plan.weightCopies)
    let shards = parameters.map {
      spec.sharding.states == .none ? $0.total / copies : $0.shard
    }
    return SavedParameters(
      unique: Double(model.mainParameters + modules * model.mtpParameters),
      fullestShard: shards.max() ?? 0,
      fullestRank: parameters.map { $0.total / copies }.max() ?? 0,
      held: parameters.reduce(0) { $0 + $1.total / copies } * Double(spec.layout.gpusPerRank))
  }
}
