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

  /// The spread of a typical step of the busiest pool.
  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? {
    let used = zip(spec.pools, result.pools).filter { $1.steps > 0 }
    guard let (pool, use) = used.max(by: { $0.1.busyGPUSeconds < $1.1.busyGPUSeconds }) else {
      return nil
    }
    let step = InferenceWorkload(spec: pool.typicalStep(use), model: model, cluster: cluster)
    // A typical step may break a limit that no step of the service does.
    guard let typical = try? step.run(keepsTimeline: false, shared: shared, workers: .one) else {
      return nil
    }
    return try step.spread(of: typical, shared: shared)
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    var drawn = spec
    for index in drawn.pools.indices {
      drawn.pools[index].step.host = drawn.pools[index].step.host.drawn(draw)
    }
    return try ServiceWorkload(spec: drawn, model: model, cluster: cluster.drawn(draw), seed: seed)
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

extension PoolSpec {
  /// A step of the pool with the sequences and the context of the mean over its steps.
  fileprivate func typicalStep(_ use: PoolUse) -> InferenceSpec {
    var typical = step
    let perStep = { (count: Double) in
      max(1, count / Double(use.steps * step.layout.data))
    }
    typical.cachedPrefix = 0
    if role == .prefill {
      typical.phase = .prefill
      typical.batch = 1
      typical.context = Int(perStep(Double(use.computedPromptTokens)))
    } else {
      let sequences = perStep(Double(use.outputTokens))
      let held = use.usedTokenSeconds * Double(use.gpusPerUnit) / max(use.busyGPUSeconds, 1e-9)
      typical.phase = .decode
      typical.batch = Int(sequences)
      typical.context = max(1, Int(held / Double(step.layout.data) / sequences))
    }
    return typical
  }
}

extension SharedCosts {
  /// Called with the requests that have ended, and all; nil if nobody listens.
  fileprivate var requestsEnded: ((Int, Int) -> Void)? {
    progress.map { tell in { tell(.requests($0, of: $1)) } }
  }
}
