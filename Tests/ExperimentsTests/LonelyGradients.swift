// Gradients that a step does not exchange, from the shape of its model alone.

import ModelCost

@testable import Training

extension TrainingStep {
  /// Bytes of the gradients of experts that no other GPU holds, on the mean rank.
  var lonelyGradientBytes: Double {
    guard model.experts != nil, spec.layout.expertReplicas * plan.weightCopies == 1 else {
      return 0
    }
    let experts =
      model.expertLayers(trainsMTP: spec.trainsMTP) * model.routedExpertParameters
      / spec.layout.expertGPUs
    return Double(experts * spec.precision.gradients.bytes) / Double(spec.layout.pipeline)
  }
}

extension TrainingSpec {
  /// Bytes exchanged with replicas over bytes of gradients held.
  var replicaShare: Double {
    let gradients = Double(precision.gradients.bytes)
    let reduced = Double((sharding.reduction ?? precision.gradients).bytes)
    let gathered = min(2, Double(precision.weights.bytes))
    guard sharding.states == .parameters else { return (reduced + gathered) / gradients }
    let shards = Double(layout.data * layout.context / sharding.replicas)
    let passes = sharding.reshards ? 2.0 : 1
    return (reduced + passes * gathered) / gradients * shards * Double(microbatches)
  }
}
