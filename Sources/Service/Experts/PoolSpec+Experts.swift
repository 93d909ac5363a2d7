// What the experts of a pool weigh, where they are, and whether their loads can drift.

import ModelCost
import Routing
import Serving

extension PoolSpec {
  /// Why the loads of its experts cannot drift away from their placement, to follow "its experts";
  /// nil if they can.
  package var obstacleToDrift: String? {
    if step.layout.experts != .whole { return "are divided over all GPUs" }
    if step.routing.isUniform { return "all receive the same number of tokens" }
    if !DriftedLoads.canDrift(step.routing.source) {
      return "have loads of no domains that could drift: \(step.routing.source)"
    }
    if step.planner == .inOrder { return "stay in order" }
    return nil
  }

  /// Bytes of the weights and scales of one routed expert, as the pool stores them.
  func expertBytes(_ model: ModelSpec) -> Int {
    step.formats.weights.bytes(of: Self.expertWeights(model))
  }

  /// The weights of one routed expert.
  static func expertWeights(_ model: ModelSpec) -> [WeightTensor] {
    model.weights(of: .moe, WeightShare(localExperts: 1)).filter { $0.division == .experts }
  }

  /// The first GPU of a unit that has the experts of each layer with experts.
  func firstGPUs(of model: ModelSpec) -> [Int] {
    let stages = step.layout.layerRanges(of: model.layers)
    return stages.enumerated().flatMap { stage, layers in
      layers.filter { model.kind(ofLayer: $0).hasExperts }.map { _ in
        stage * step.layout.gpusPerStage
      }
    }
  }
}
