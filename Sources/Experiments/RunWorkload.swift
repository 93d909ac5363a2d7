// A whole training run as the workload of a trial.

import Cluster
import ModelCost
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

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    try RunWorkload(spec: spec, model: model, cluster: cluster.drawn(draw))
      .run(keepsTimeline: false, shared: SharedCosts(), workers: .one)
  }

  func plan(shared: SharedCosts) throws { _ = try simulation(shared, .one) }

  private func simulation(_ shared: SharedCosts, _ workers: Workers) throws -> RunSimulation {
    let key = StepsKey(specs: RunSteps.distinct(spec.phases), model: model, cluster: cluster)
    let steps = try shared.value(for: key) {
      try RunSteps(spec.phases, model: model, cluster: cluster, workers: workers)
    }
    return RunSimulation(spec, model: model, cluster: cluster, steps: steps)
  }

  /// All that the simulated steps of a run depend on: neither its tokens nor its failures.
  private struct StepsKey: Equatable {
    let specs: [TrainingSpec]
    let model: ModelSpec
    let cluster: ClusterSpec
  }
}
