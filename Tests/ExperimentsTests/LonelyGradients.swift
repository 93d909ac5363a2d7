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
