// A service as the workload of a trial.

import Cluster
import ModelCost
import Recording
import Service
import Serving
import Units

/// A service, request by request.
struct ServiceWorkload: Workload {
  let spec: ServiceSpec
  let model: ModelSpec
  let cluster: ClusterSpec
  let seed: UInt64

  var questionName: String { "service" }
  var schedule: String { "" }

  func run(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try simulation(shared).result(progress: shared.progress)
  }

  func runKeepingRequests(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try simulation(shared).result(keepsRequests: true, progress: shared.progress)
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    try ServiceWorkload(spec: spec, model: model, cluster: cluster.drawn(draw), seed: seed)
      .run(keepsTimeline: false, shared: SharedCosts(), workers: .one)
  }

  func plan(shared: SharedCosts) throws { _ = try simulation(shared) }

  /// What the step times of a pool depend on.
  private struct Deployment: Equatable {
    var step: InferenceSpec
    var model: ModelSpec
    var cluster: ClusterSpec
  }

  private func simulation(_ shared: SharedCosts) throws -> ServiceSimulation {
    var simulation = try ServiceSimulation(spec, model: model, cluster: cluster, seed: seed)
    simulation.periods = spec.pools.map { pool in
      shared.value(for: Deployment(step: pool.step, model: model, cluster: cluster)) {
        SharedPeriods()
      }
    }
    return simulation
  }
}
