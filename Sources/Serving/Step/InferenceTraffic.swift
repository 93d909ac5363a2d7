// The traffic of experts in each layer and microbatch of an inference step.

import ModelCost
import Routing

/// Traffic by layer with experts and microbatch; the MTP module has that of the last layer.
package struct InferenceTraffic: Sendable {
  /// One source for each microbatch: their sizes differ.
  private let sources: [any ExpertTrafficSource]
  /// Layers with experts.
  package let layers: Int

  init(_ balance: ExpertBalance, spec: InferenceSpec, domains: Int) {
    layers = balance.layers
    microbatches = spec.microbatches
    guard let experts = balance.experts else {
      sources = []
      return
    }
    sources = spec.microbatchRows.map { rows in
      balance.source(
        spec.trafficSizes(
          layers: balance.layers, experts: experts, rows, domains: domains),
        seed: spec.routing.seed)
    }
  }

  /// Number of microbatches.
  package let microbatches: Int

  /// The traffic of a layer in a microbatch.
  package func layer(_ layer: Int, microbatch: Int) -> LayerTraffic {
    sources[microbatch].layer(layer, microbatch: microbatch)
  }

  /// Rows of the most loaded GPU / mean in each layer, mean over microbatches.
  package var maxOverMean: [Double] {
    (0..<layers).map { layer in
      sources.indices.reduce(0.0) { sum, microbatch in
        let traffic = self.layer(layer, microbatch: microbatch)
        let rows = traffic.sum.rows
        return sum + (rows > 0 ? traffic.most.rows * Double(traffic.gpus.count) / rows : 1)
      } / Double(sources.count)
    }
  }
}

extension InferenceSpec {
  /// Dimensions of the traffic of a microbatch.
  func trafficSizes(
    layers: Int, experts: ExpertSpec, _ rows: StepRows, domains: Int
  ) -> StepLoads.Sizes {
    StepLoads.Sizes(
      layers: layers, microbatches: microbatches, experts: experts.routed, gpus: gpusPerStage,
      topK: experts.topK, tokensPerGPU: ownTokens(of: rows.tokens),
      sequencesPerGPU: rows.sequences, gpusPerDomain: gpusPerStage / domains,
      kernels: phase == .decode ? .lowLatency : .normal)
  }
}
