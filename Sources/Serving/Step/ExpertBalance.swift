// Placement and loads of the experts of each layer, which do not depend on the batch.

import Cluster
import ModelCost
import Routing

/// Where the tokens of each layer go, and the fan-out of tokens.
package struct ExpertBalance: Sendable {
  /// The largest GPU load over the mean for which the placement was made, by layer; empty if it was
  /// made for the loads of the step itself.
  package let planned: [Double]
  /// Nodes and GPUs that a token visits, its own node included, mean over layers.
  package let copies: TokenFanOut
  /// Layers with experts.
  let layers: Int
  /// Nil for a model without experts.
  let experts: ExpertSpec?
  private let kind: Kind

  private enum Kind: Sendable {
    /// Equally loaded GPUs.
    case even
    /// Loads of all GPUs relative to the mean, `[layers * gpus]`, with a sample for each layer.
    case loads([Double], [LayerSample])
    case replayed(ReplayedVectors)
  }

  /// Whether GPUs are unequally loaded.
  var isUneven: Bool {
    switch kind {
    case .even: false
    case .loads(let loads, _): loads.contains { $0 > 1 }
    case .replayed: true
    }
  }

  /// The same tokens on equally loaded GPUs.
  package var even: ExpertBalance {
    ExpertBalance(
      planned: planned, copies: copies, layers: layers, experts: experts, kind: .even)
  }

  private init(
    planned: [Double], copies: TokenFanOut, layers: Int, experts: ExpertSpec?, kind: Kind
  ) {
    self.planned = planned
    self.copies = copies
    self.layers = layers
    self.experts = experts
    self.kind = kind
  }

  /// The balance of a step; GPUs are alike if they have no experts, or a part of each.
  ///
  /// - Precondition: the layout has no obstacles.
  package init(spec: InferenceSpec, model: ModelSpec, domains: Int) {
    guard let experts = model.experts, spec.layout.experts == .whole else {
      self.init(
        planned: [], copies: TokenFanOut(nodes: 1, gpus: 1), layers: model.expertLayers,
        experts: model.experts, kind: .even)
      return
    }
    self.init(spec: spec, experts: experts, layers: model.expertLayers, domains: domains)
  }

  /// - Precondition: the slots divide evenly over the GPUs, and the GPUs over domains.
  package init(spec: InferenceSpec, experts: ExpertSpec, layers: Int, domains: Int) {
    self.layers = layers
    self.experts = experts
    let sizes = spec.trafficSizes(
      layers: layers, experts: experts, spec.allRows, domains: domains)
    let slots = PlacementSizes(
      replicas: experts.routed + spec.redundantExperts, groups: Self.gate(experts).placedGroups,
      nodes: domains, gpus: spec.gpusPerStage)
    let drifted = spec.plan.map {
      DriftedLoads(
        spec.routing, plan: $0, layers: layers, experts: experts.routed, topK: experts.topK)
    }
    let served = drifted?.served ?? StepLoads.expected(spec.routing, sizes: sizes)
    var plan = LayerPlans(
      planner: spec.planner, slots: slots, sizes: sizes, gate: Self.gate(experts),
      seed: spec.routing.seed, isReplayed: spec.routing.isReplayed)
    for layer in 0..<layers {
      plan.add(
        served[layer], plannedFor: drifted?.planned[layer],
        isKnown: spec.routing.isUniform && layer > 0)
    }
    planned = plan.planned
    if case .replay(let trace) = spec.routing.source {
      let vectors = ReplayedVectors(trace, placements: plan.placements, sizes: sizes)
      (copies, kind) = (vectors.fanOut, .replayed(vectors))
    } else {
      let means = plan.samples.map(\.fanOut)
      copies = TokenFanOut(
        nodes: means.reduce(0) { $0 + $1.nodes } / Double(max(1, layers)),
        gpus: means.reduce(0) { $0 + $1.gpus } / Double(max(1, layers)))
      kind = .loads(plan.loads, plan.samples)
    }
  }

  /// The rule that selects a token's experts.
  package static func gate(_ experts: ExpertSpec) -> Gate {
    Gate(
      experts: experts.routed, groups: experts.groups, groupLimit: experts.groupLimit,
      topK: experts.topK, groupScore: experts.hasSelectionBias ? .topTwoSum : .largest)
  }

  /// The traffic of microbatches of a size.
  func source(_ sizes: StepLoads.Sizes, seed: UInt64) -> any ExpertTrafficSource {
    switch kind {
    case .even: GateTraffic(copies, sizes: sizes)
    case .loads(let loads, let samples):
      SampledTraffic(expected: loads, samples: samples, sizes: sizes)
    case .replayed(let vectors): ReplayedTraffic(vectors, sizes: sizes, seed: seed)
    }
  }
}

extension InferenceSpec {
  /// Scale-up domains of a stage, a part of one counted as one.
  package func domains(of cluster: ClusterSpec) -> Int {
    max(1, gpusPerStage / cluster.gpusPerDomain)
  }
}

/// Places layers one by one, and samples the tokens of each.
private struct LayerPlans {
  let planner: ExpertPlanner
  let slots: PlacementSizes
  let sizes: StepLoads.Sizes
  let gate: Gate
  let seed: UInt64
  let isReplayed: Bool
  var placements: [LayerPlacement] = []
  var loads: [Double] = []
  var samples: [LayerSample] = []
  var planned: [Double] = []

  /// - Parameters:
  ///   - past: the loads that the placement is made for; nil for the loads of the step.
  ///   - isKnown: whether the layer equals the last one.
  mutating func add(_ layer: [Float], plannedFor past: [Float]?, isKnown: Bool) {
    if isKnown, let placement = placements.last {
      placements.append(placement)
      loads += loads.suffix(sizes.gpus)
      samples += samples.suffix(1)
      return
    }
    let placement = planner.plan(past ?? layer, slots)
    placements.append(placement)
    if let past { planned.append(placement.imbalance(past, gpus: sizes.gpus)) }
    guard !isReplayed else { return }
    let sums = placement.gpuLoads(layer, gpus: sizes.gpus)
    let mean = sums.reduce(0, +) / Double(sums.count)
    loads += sums.map { mean > 0 ? $0 / mean : 1 }
    samples.append(
      LayerSample(
        layer, gate: gate, placement: placement, sizes: sizes,
        seed: seed &+ UInt64(samples.count)))
  }
}
