// The step of a phase and a batch, simulated once.

import Cluster
import ModelCost
import Recording
import Training
import Units

/// What a run needs to know of a step.
struct RunStep: Sendable {
  /// Seconds without failures, jitter or waiting for data.
  var seconds: Double
  /// Share of them in which a GPU runs no kernels, mean over GPUs: it waits for the pipeline, for
  /// an exchange, for gradients or parameters, for slower GPUs or for its host. The time that
  /// experts take beyond balanced loads counts too: rows do not tell it from the wait for it.
  var waiting: Double
  var saved: SavedParameters
  /// The layers of its stages.
  var layout: StageLayout
  var assumptions: [String]
  var fingerprint: String

  /// Simulates the step.
  ///
  /// - Throws: `TrainingRefusal` if it cannot be planned.
  init(
    _ spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts?
  ) throws(TrainingRefusal) {
    let step = try StepPlanner.plan(spec, model: model, cluster: cluster, costs: costs)
    let result = step.run()
    seconds = result.stepTime.seconds
    let idle = result.rankTimes.meanSeconds(overGPUs: spec.layout.gpuCount) {
      !$0.activity.isBusy
    }
    waiting = min(1, idle / seconds)
    saved = step.savedParameters
    layout = step.layout
    assumptions = result.assumptions
    fingerprint = result.fingerprint
  }
}

/// The steps of all phases, each distinct one simulated once.
package struct RunSteps: Sendable {
  /// The distinct specs, in the order of the run.
  private let specs: [TrainingSpec]
  private let steps: [RunStep]

  /// The distinct steps of phases, in the order of the run: with model and cluster, all that the
  /// simulated steps depend on.
  package static func distinct(_ phases: [RunPhase]) -> [TrainingSpec] {
    var specs: [TrainingSpec] = []
    for part in phases.flatMap(\.parts) where !specs.contains(part.step) {
      specs.append(part.step)
    }
    return specs
  }

  /// - Parameters:
  ///   - phases: the phases of the run.
  ///   - model: the model that is trained.
  ///   - cluster: the GPUs that train it, and their network.
  ///   - workers: simulate distinct steps at the same time.
  ///   - traffic: computes the traffic of experts, or knows it.
  /// - Throws: `RunRefusal.step` for the first that cannot be planned.
  package init(
    _ phases: [RunPhase], model: ModelSpec, cluster: ClusterSpec, workers: Workers,
    traffic: (ExpertTraffic.Inputs) -> ExpertTraffic = ExpertTraffic.init
  ) throws(RunRefusal) {
    let specs = Self.distinct(phases)
    let costs = Self.costs(specs, model, cluster, workers, traffic)
    let found = workers.map(specs.count) { index -> Result<RunStep, TrainingRefusal> in
      let own = costs.first { $0.key == Self.key(specs[index]) }?.costs
      return Result { () throws(TrainingRefusal) in
        try RunStep(specs[index], model: model, cluster: cluster, costs: own)
      }
    }
    var steps: [RunStep] = []
    for (index, result) in found.enumerated() {
      switch result {
      case .success(let step): steps.append(step)
      case .failure(let refusal): throw Self.refusal(refusal, of: specs[index], phases)
      }
    }
    self.specs = specs
    self.steps = steps
  }

  /// Checks that the steps of phases can be planned. Of those that differ in their batch alone, the
  /// one with the most microbatches is planned: it holds the most.
  ///
  /// - Parameters: as for the initialiser.
  /// - Throws: `RunRefusal.step` for the first that cannot be planned.
  package static func check(
    _ phases: [RunPhase], model: ModelSpec, cluster: ClusterSpec,
    traffic: (ExpertTraffic.Inputs) -> ExpertTraffic = ExpertTraffic.init
  ) throws(RunRefusal) {
    var largest: [TrainingSpec] = []
    for spec in distinct(phases) {
      guard let index = largest.firstIndex(where: { isLike(spec, $0) }) else {
        largest.append(spec)
        continue
      }
      if spec.microbatches > largest[index].microbatches { largest[index] = spec }
    }
    let costs = Self.costs(largest, model, cluster, .one, traffic)
    for spec in largest {
      let own = costs.first { $0.key == key(spec) }?.costs
      do throws(TrainingRefusal) {
        try StepPlanner.check(spec, model: model, cluster: cluster, costs: own)
      } catch {
        throw refusal(error, of: spec, phases)
      }
    }
  }

  private static func isLike(_ spec: TrainingSpec, _ other: TrainingSpec) -> Bool {
    var other = other
    other.microbatches = spec.microbatches
    return spec == other
  }

  private static func refusal(
    _ refusal: TrainingRefusal, of spec: TrainingSpec, _ phases: [RunPhase]
  ) -> RunRefusal {
    let phase = phases.first { $0.parts.contains { $0.step == spec } }
    return .step(phase: phase?.name ?? "", batch: spec.globalBatch, refusal: refusal)
  }

  /// The step of a spec of the phases.
  subscript(spec: TrainingSpec) -> RunStep {
    guard let index = specs.firstIndex(of: spec) else {
      preconditionFailure("every step of a phase is simulated")
    }
    return steps[index]
  }

  /// The layers of the stages of a phase's step.
  package func layout(of spec: TrainingSpec) -> StageLayout { self[spec].layout }

  /// Fingerprints in the order of the run.
  var fingerprints: [String] { steps.map(\.fingerprint) }

  /// The first step, for what all have in common.
  var first: RunStep { steps[0] }

  // MARK: Costs of blocks

  /// Block costs by what they depend on: with even loads, not on the number of microbatches.
  private static func costs(
    _ specs: [TrainingSpec], _ model: ModelSpec, _ cluster: ClusterSpec, _ workers: Workers,
    _ traffic: (ExpertTraffic.Inputs) -> ExpertTraffic
  ) -> [(key: TrainingSpec, costs: BlockCosts)] {
    var keys: [TrainingSpec] = []
    var examples: [TrainingSpec] = []
    for spec in specs where !keys.contains(key(spec)) {
      keys.append(key(spec))
      examples.append(spec)
    }
    let costs = workers.map(keys.count) {
      BlockCosts(
        spec: examples[$0], model: model, cluster: cluster,
        traffic: traffic(
          ExpertTraffic.Inputs(spec: examples[$0], model: model, cluster: cluster)))
    }
    return Array(zip(keys, costs)).map { (key: $0.0, costs: $0.1) }
  }

  private static func key(_ spec: TrainingSpec) -> TrainingSpec {
    var key = spec
    key.schedule = ""
    key.userSchedule = nil
    key.chunks = nil
    key.stages = nil
    key.runTokens = 0
    if spec.routing.isUniform { key.microbatches = 0 }
    return key
  }
}
