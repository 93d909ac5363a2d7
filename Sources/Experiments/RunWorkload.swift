// A whole training run as the workload of a trial.

import Cluster
import ModelCost
import Recording
import Runs
import Scenarios
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
    try simulation(workers).result(workers: workers)
  }

  func plan(shared: SharedCosts) throws { _ = try simulation(.one) }

  func simulation(_ workers: Workers) throws -> RunSimulation {
    try RunSimulation(spec, model: model, cluster: cluster, workers: workers)
  }
}

/// What a run takes, for plans that change its GPUs or tokens.
package struct RunEstimate: Hashable, Sendable {
  /// GPUs of job and spares.
  package var gpus: Int
  /// Means over replications.
  package var days: Double
  /// GPU-hours of job and spares, mean.
  package var gpuHours: Double
  /// Cost in US dollars, mean.
  package var usd: Double
  /// Tokens of all steps.
  package var tokens: Double
}

extension Scenario {
  /// What the run of a scenario takes; nil for another question. Replications depend on the seed
  /// alone, so that estimates of changed scenarios share their failures.
  ///
  /// - Throws: `RunRefusal` if a step cannot be planned or the run does not end.
  package func runEstimate(workers: Workers = .one) throws -> RunEstimate? {
    guard case .trainingRun(let spec) = question else { return nil }
    let result = try RunWorkload(spec: spec, model: model, cluster: cluster)
      .run(keepsTimeline: false, shared: SharedCosts(), workers: workers)
    func value(_ kind: MetricKind) -> Double { result.value(kind) ?? 0 }
    return RunEstimate(
      gpus: Int(value(.gpuCount)), days: value(.runDays), gpuHours: value(.runGPUHours),
      usd: value(.runCost), tokens: value(.runTokens))
  }
}
