// The traffic of a step's experts: what does not depend on how long anything takes. All steps that
// route alike share it, so it is computed apart from the costs of blocks.

import Cluster
import ModelCost
import Routing

/// Where the tokens of a step go.
package struct ExpertTraffic: Sendable {
  let inputs: Inputs
  /// Scale-up domains and GPUs that a token visits.
  let copies: TokenFanOut
  /// Uneven traffic; nil if it is balanced or no experts are spread.
  let loads: StepTraffic?

  /// Samples the gate, or draws uneven loads.
  package init(_ inputs: Inputs) {
    self.inputs = inputs
    loads = inputs.loads
    copies = loads?.fanOut ?? inputs.copies
  }

  /// All that the traffic depends on.
  package struct Inputs: Equatable, Sendable {
    /// Nil for a dense model.
    private let gate: Gate?
    /// Scale-up domains that share the experts of a layer.
    let domains: Int
    /// GPUs that share them.
    private let gpus: Int
    private let uneven: Uneven?
  }

  /// What only uneven loads depend on.
  private struct Uneven: Equatable, Sendable {
    var routing: RoutingSpec
    var planner: ExpertPlanner
    var sizes: StepLoads.Sizes
  }
}

extension ExpertTraffic.Inputs {
  /// What matters of a step.
  package init(spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec) {
    let gpusPerDomain = min(cluster.gpusPerDomain, spec.layout.gpusPerRank)
    domains = max(1, spec.layout.expertGPUs / gpusPerDomain)
    gpus = spec.layout.expert
    gate = Self.gate(spec: spec, model: model, domains: domains)
    uneven = Self.uneven(spec: spec, model: model, domains: domains)
  }

  private static func gate(spec: TrainingSpec, model: ModelSpec, domains: Int) -> Gate? {
    guard let experts = model.experts else { return nil }
    return Gate(
      experts: experts.routed, groups: spec.nodeLimit == nil ? experts.groups : domains,
      groupLimit: spec.nodeLimit.map { min($0, domains) } ?? experts.groupLimit, topK: experts.topK,
      groupScore: experts.hasSelectionBias ? .topTwoSum : .largest)
  }

  private static func uneven(
    spec: TrainingSpec, model: ModelSpec, domains: Int
  ) -> ExpertTraffic.Uneven? {
    guard let experts = model.experts, spec.layout.expert > 1, !spec.routing.isUniform else {
      return nil
    }
    let layers = model.expertLayers(trainsMTP: spec.trainsMTP)
    guard layers > 0 else { return nil }
    let sizes = StepLoads.Sizes(
      layers: layers, microbatches: spec.microbatches,
      experts: experts.routed, gpus: spec.layout.expert, topK: experts.topK,
      tokensPerGPU: spec.ownTokens, sequencesPerGPU: spec.microbatchSequences,
      gpusPerDomain: spec.layout.expert / domains,
      predictionLayers: layers - model.expertLayers(trainsMTP: false))
    return ExpertTraffic.Uneven(routing: spec.routing, planner: spec.planner, sizes: sizes)
  }

  fileprivate var loads: StepTraffic? {
    guard let gate, let uneven else { return nil }
    return StepTraffic(
      uneven.routing, sizes: uneven.sizes, placement: placement(uneven, gate), gate: gate)
  }

  /// The placement of each layer's experts; nil if they are in order.
  private func placement(_ uneven: ExpertTraffic.Uneven, _ gate: Gate) -> ExpertPlacement? {
    guard uneven.planner != .inOrder else { return nil }
    let loads = StepLoads.expected(uneven.routing, sizes: uneven.sizes)
    let slots = PlacementSizes(
      replicas: gate.experts, groups: gate.placedGroups, nodes: domains, gpus: gpus)
    return ExpertPlacement(layers: (0..<loads.layers).map { uneven.planner.plan(loads[$0], slots) })
  }

  /// Domains and GPUs that a token visits under balanced loads, which any order of experts shares.
  fileprivate var copies: TokenFanOut {
    guard let gate else { return TokenFanOut(nodes: 0, gpus: 0) }
    return .expected(gate, nodeCount: domains, gpuCount: gpus)
  }
}
