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
    try simulation(shared).result(progress: shared.requestsEnded)
  }

  func runKeepingRequests(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try simulation(shared).result(keepsRequests: true, progress: shared.requestsEnded)
  }

  /// The spread of the steps of the busiest pool; nil if a typical one breaks a limit that no step
  /// of the service does.
  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? {
    let used = zip(spec.pools, result.pools).filter { $1.steps > 0 }
    guard let (pool, use) = used.max(by: { $0.1.busyGPUSeconds < $1.1.busyGPUSeconds }) else {
      return nil
    }
    var spreads: [(spread: StepSpread, time: Double)] = []
    for typical in pool.typicalSteps(use, prompts: spec.load.requests.count) {
      let step = InferenceWorkload(spec: typical.spec, model: model, cluster: cluster)
      guard let result = try? step.run(keepsTimeline: false, shared: shared, workers: .one),
        let spread = try step.spread(of: result, shared: shared)
      else { return nil }
      spreads.append((spread, typical.count * result.stepTime.seconds))
    }
    return StepSpread(mean: spreads)
  }

  /// Requests wait for each other, so the service is simulated, in the fewest draws that leave no
  /// doubt.
  func timeRatios(
    _ draws: [PredictionDraw], _ spread: StepSpread, of result: SimulationResult,
    shared: SharedCosts, workers: Workers
  ) -> [Double] {
    guard let time = result.metrics.comparedTime else { return [] }
    let count = IntervalChoice.fewestReplications
    let ratios = workers.map(count) { place in
      (try? run(draws[place], shared: shared).metrics)?.comparedTime.map { $0 / time }
    }.compactMap(\.self)
    // A service that one draw has no answer for is not compared.
    return ratios.count == count ? ratios : []
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    var drawn = spec
    for index in drawn.pools.indices {
      drawn.pools[index].step.host = drawn.pools[index].step.host.drawn(draw)
      drawn.pools[index].hostTime =
        SimDuration(seconds: drawn.pools[index].hostTime.seconds * HostCosts.factor(of: draw))
    }
    var simulation = try ServiceSimulation(
      drawn, model: model, cluster: cluster.drawn(draw), seed: seed)
    simulation.surfaces = surfaces(shared).map { $0.drawn(draw) }
    return try simulation.result(progress: nil)
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
    simulation.surfaces = surfaces(shared)
    return simulation
  }

  /// What is known of each pool's steps.
  private func surfaces(_ shared: SharedCosts) -> [SharedSurface] {
    spec.pools.map { pool in
      shared.value(for: Deployment(step: pool.step, model: model, cluster: cluster)) {
        SharedSurface()
      }
    }
  }
}

extension SharedCosts {
  /// Called with the requests that have ended, and all; nil if nobody listens.
  fileprivate var requestsEnded: ((Int, Int) -> Void)? {
    progress.map { tell in { tell(.requests($0, of: $1)) } }
  }
}
