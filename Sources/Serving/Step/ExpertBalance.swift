// Load imbalance between the GPUs that hold a layer's experts.

import Cluster
import Execution
import ModelCost
import Recording
import Routing

/// Load of each GPU in each layer with experts, and the fan-out of tokens.
package struct ExpertBalance: Sendable {
  /// Loads of the most loaded GPU and of the most loaded domain relative to the mean, by layer with
  /// experts; the MTP module has the loads of the last layer.
  package let mostLoaded: [ExchangeLoad]
  /// Loads of all GPUs relative to the mean, `[layers, GPUs]`.
  let gpuLoads: [Double]
  /// The largest GPU load over the mean for which the placement was made, by layer; empty if it was
  /// made for the loads of the step itself.
  package let planned: [Double]
  /// Domains and GPUs that a token visits, its own domain included, in the first layer.
  package let copies: TokenFanOut

  /// Whether any GPU has more than the mean load.
  var isUneven: Bool { mostLoaded.contains { $0.gpu > 1 } }

  /// The load of the most loaded GPU in each layer.
  var layerLoads: [LayerLoad] {
    mostLoaded.enumerated().map { layer, load in
      LayerLoad(
        layer: layer, maxOverMean: load.gpu,
        plannedMaxOverMean: planned.isEmpty ? nil : planned[layer])
    }
  }

  /// The same tokens on equally loaded GPUs.
  var even: ExpertBalance {
    ExpertBalance(
      mostLoaded: mostLoaded.map { _ in .mean }, gpuLoads: gpuLoads.map { _ in 1 },
      planned: planned, copies: copies)
  }

  private init(
    mostLoaded: [ExchangeLoad], gpuLoads: [Double], planned: [Double], copies: TokenFanOut
  ) {
    self.mostLoaded = mostLoaded
    self.gpuLoads = gpuLoads
    self.planned = planned
    self.copies = copies
  }

  /// Number of sampled tokens that represent all.
  private static let sampledTokens = 2048

  /// - Precondition: the slots divide evenly over the GPUs, and the GPUs over domains.
  package init(spec: InferenceSpec, experts: ExpertSpec, layers: Int, domains: Int) {
    let sizes = PlacementSizes(
      replicas: experts.routed + spec.redundantExperts, groups: experts.groups, nodes: domains,
      gpus: spec.expertParallel)
    let gate = Gate(
      experts: experts.routed, groups: experts.groups, groupLimit: experts.groupLimit,
      topK: experts.topK, groupScore: experts.hasSelectionBias ? .topTwoSum : .largest)
    let drifted = spec.plan.map {
      DriftedLoads(
        spec.routing, plan: $0, layers: layers, experts: experts.routed, topK: experts.topK)
    }
    var ratios: [ExchangeLoad] = []
    var all: [Double] = []
    var planned: [Double] = []
    var first: (loads: [Float], placement: LayerPlacement)?
    for layer in 0..<layers {
      // Equal layers are placed once.
      if spec.routing.isUniform, let ratio = ratios.first {
        ratios.append(ratio)
        all += all[..<sizes.gpus]
        continue
      }
      let loads =
        drifted?.served[layer] ?? Self.loads(spec.routing, experts: experts, layer: layer)
      let past = drifted?.planned[layer]
      let placement = spec.planner.plan(past ?? loads, sizes)
      if let past { planned.append(placement.imbalance(past, gpus: sizes.gpus)) }
      if first == nil { first = (loads, placement) }
      ratios.append(
        ExchangeLoad(
          gpu: placement.imbalance(loads, gpus: sizes.gpus),
          node: placement.imbalance(loads, gpus: domains)))
      let sums = placement.gpuLoads(loads, gpus: sizes.gpus)
      let mean = sums.reduce(0, +) / Double(sums.count)
      all += sums.map { mean > 0 ? $0 / mean : 1 }
    }
    mostLoaded = ratios
    gpuLoads = all
    self.planned = planned
    guard let first else {
      copies = TokenFanOut(nodes: 0, gpus: 0)
      return
    }
    copies = TokenSample.following(
      first.loads, gate: gate, tokens: Self.sampledTokens, seed: spec.routing.seed
    ).fanOut(first.placement, nodes: domains, gpus: sizes.gpus)
  }

  /// Loads whose sum is a million, so that Float32 represents even the smallest well.
  private static func loads(
    _ routing: RoutingSpec, experts: ExpertSpec, layer: Int
  ) -> [Float] {
    LoadShares.shares(
      of: routing, layer: layer, experts: experts.routed, topK: experts.topK
    ).values.map { Float($0 * 1e6) }
  }
}
