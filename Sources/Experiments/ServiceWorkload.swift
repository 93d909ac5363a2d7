// A service as the workload of a trial.

import Cluster
import ModelCost
import Recording
import Service
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
    try simulation().result(progress: shared.progress)
  }

  func runKeepingRequests(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try simulation().result(keepsRequests: true, progress: shared.progress)
  }

  func plan(shared: SharedCosts) throws { _ = try simulation() }

  private func simulation() throws -> ServiceSimulation {
    try ServiceSimulation(spec, model: model, cluster: cluster, seed: seed)
  }
}
