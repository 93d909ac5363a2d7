// A whole training run as the workload of a trial.

import Cluster
import ModelCost
import Numerics
import Recording
import Runs
import Scenarios
import Training
import Units

/// A training run with its failures.
struct RunWorkload: Workload {
  let spec: TrainingRunSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  var questionName: String { "training_run" }
  /// Phases have their own.
  var schedule: String { "" }

  func run(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try simulation(shared, workers).result(workers: workers)
  }

  /// The spread of the step that makes most tokens.
  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? {
    let parts = spec.phases.flatMap(\.parts)
    func tokens(_ part: RunPhase.Part) -> Double {
      Double(part.steps) * Double(part.step.tokensPerStep)
    }
    guard let main = parts.max(by: { tokens($0) < tokens($1) }) else { return nil }
    let step = TrainingWorkload(spec: main.step, model: model, cluster: cluster)
    return try step.spread(
      of: step.run(keepsTimeline: false, shared: shared, workers: .one), shared: shared)
  }

  /// All steps as the one that makes most tokens, with as many failures in a longer run.
  func timeRatios(
    _ draws: [PredictionDraw], _ spread: StepSpread, of result: SimulationResult,
    shared: SharedCosts, workers: Workers
  ) -> [Double] {
    let share = result.value(.runETTR) ?? 1
    return workers.map(draws.count) { 1 + share * (exponential(spread.error(draws[$0])) - 1) }
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    let steps = try steps(shared, .one)
    var fixed = spec
    for phase in fixed.phases.indices {
      for part in fixed.phases[phase].parts.indices {
        let step = fixed.phases[phase].parts[part].step
        fixed.phases[phase].parts[part].step = step.drawn(draw, on: steps.layout(of: step))
      }
    }
    let cluster = cluster.drawn(draw)
    let drawn = try RunSteps(
      fixed.phases, model: model, cluster: cluster, workers: .one, traffic: shared.traffic)
    return try RunSimulation(fixed, model: model, cluster: cluster, steps: drawn).result()
  }

  func plan(shared: SharedCosts) throws {
    try RunSteps.check(spec.phases, model: model, cluster: cluster, traffic: shared.traffic)
  }

  private func simulation(_ shared: SharedCosts, _ workers: Workers) throws -> RunSimulation {
    RunSimulation(spec, model: model, cluster: cluster, steps: try steps(shared, workers))
  }

  private func steps(_ shared: SharedCosts, _ workers: Workers) throws -> RunSteps {
    let key = StepsKey(specs: RunSteps.distinct(spec.phases), model: model, cluster: cluster)
    return try shared.value(for: key) {
      try RunSteps(
        spec.phases, model: model, cluster: cluster, workers: workers, traffic: shared.traffic)
    }
  }

  /// All that the simulated steps of a run depend on: neither its tokens nor its failures.
  private struct StepsKey: Equatable {
    let specs: [TrainingSpec]
    let model: ModelSpec
    let cluster: ClusterSpec
  }
}
