// A service as the workload of a trial.

import Cluster
import ModelCost
import Numerics
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
    return try spread(of: pool, use, shared)
  }

  /// The spread of a typical step of a pool; nil if it breaks a limit that no step of the service
  /// does.
  private func spread(
    of pool: PoolSpec, _ use: PoolUse, _ shared: SharedCosts
  ) throws -> StepSpread? {
    let step = InferenceWorkload(spec: pool.typicalStep(use), model: model, cluster: cluster)
    guard let typical = try? step.run(keepsTimeline: false, shared: shared, workers: .one) else {
      return nil
    }
    return try step.spread(of: typical, shared: shared)
  }

  /// Requests wait for each other, so the service is simulated in the fewest draws that leave no
  /// doubt, with all steps of a pool as much longer as a typical one.
  func timeRatios(
    _ draws: [PredictionDraw], _ spread: StepSpread, of result: SimulationResult,
    shared: SharedCosts, workers: Workers
  ) throws -> [Double] {
    guard let time = result.metrics.comparedTime else { return [] }
    let spreads = try zip(spec.pools, result.pools).map { pool, use in
      use.steps > 0 ? try self.spread(of: pool, use, shared) : nil
    }
    let count = IntervalChoice.fewestReplications
    let ratios = workers.map(count) { place -> Double? in
      guard var simulation = try? simulation(shared) else { return nil }
      simulation.stepRatios = spreads.map { $0.map { exponential($0.error(draws[place])) } ?? 1 }
      return (try? simulation.result(progress: nil))?.metrics.comparedTime.map { $0 / time }
    }.compactMap(\.self)
    // A service that one draw has no answer for is not compared.
    return ratios.count == count ? ratios : []
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
    // As steps of the service, which have no empty microbatch.
    if typical.batch < typical.microbatches { typical.microbatches = 1 }
    return typical
  }
}

extension SharedCosts {
  /// Called with the requests that have ended, and all; nil if nobody listens.
  fileprivate var requestsEnded: ((Int, Int) -> Void)? {
    progress.map { tell in { tell(.requests($0, of: $1)) } }
  }
}
