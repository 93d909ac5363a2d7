// The interface between a trial and its question. A new question adds a conforming type here, and
// one line to the switch below.

import Cluster
import ModelCost
import Numerics
import Recording
import Scenarios
import Serving
import Training
import Units

/// A question together with the model and the cluster that it is about.
protocol Workload: Sendable {
  /// Kind of question as stored in results.
  var questionName: String { get }
  /// Catalogue name of the schedule; empty without one.
  var schedule: String { get }
  /// Kernels and exchanges of the simulated layers; none by default.
  var kernels: Study { get }

  /// Simulates the workload.
  ///
  /// - Parameters:
  ///   - keepsTimeline: whether the result includes the timeline.
  ///   - shared: cache of the experiment.
  ///   - workers: threads, which do not affect the result.
  /// - Throws: `SimulationRefusal` if the request cannot be met.
  func run(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult

  /// Simulates the workload and keeps a record of each request, if it has any.
  ///
  /// - Throws: as `run`.
  func runKeepingRequests(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult

  /// The spread of the time of a step of the workload, from the workload's result; nil if it has
  /// no typical step.
  ///
  /// - Throws: as `run`.
  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread?

  /// What comparisons rank by in draws of what is not known exactly, as times over those at the
  /// best estimates, from the spread of a step; of some of the draws if each takes long.
  ///
  /// - Throws: as `run`.
  func timeRatios(
    _ draws: [PredictionDraw], _ spread: StepSpread, of result: SimulationResult,
    shared: SharedCosts, workers: Workers
  ) throws -> [Double]

  /// Simulates the workload in a draw of what is not known exactly, with the decisions made without
  /// it.
  ///
  /// - Throws: as `run`.
  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult

  /// Plans the workload without simulating it.
  ///
  /// - Throws: as `run`.
  func plan(shared: SharedCosts) throws
}

extension Workload {
  var kernels: Study { Study(.kernels, ["kernels": [] as [RecordValue]]) }

  func runKeepingRequests(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try run(keepsTimeline: keepsTimeline, shared: shared, workers: workers)
  }

  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? { nil }

  func timeRatios(
    _ draws: [PredictionDraw], _ spread: StepSpread, of result: SimulationResult,
    shared: SharedCosts, workers: Workers
  ) -> [Double] {
    workers.map(draws.count) { exponential(spread.error(draws[$0])) }
  }
}

extension TrainingSpec {
  /// The step of a draw, with the layers of its stages as they are at the best estimates.
  func drawn(_ draw: PredictionDraw, on layout: StageLayout) -> TrainingSpec {
    var drawn = self
    drawn.stages = layout
    drawn.host = host.drawn(draw)
    drawn.jitter = jitter.drawn(draw)
    return drawn
  }
}

extension ClusterSpec {
  /// The cluster of a draw.
  func drawn(_ draw: PredictionDraw) -> ClusterSpec {
    drawn(
      draw, exchangeDeviation: KernelSpread.exchangeDeviation(on: node.gpu),
      normalQuantile: normalQuantile, exponential: exponential)
  }
}

extension Scenario {
  /// The workload of the question as read, without scaling its trace.
  var workload: any Workload { workload(question) }

  /// The workload with its trace, if any, scaled up to expert loads.
  ///
  /// - Throws: as `scaledQuestion`.
  func workload(_ shared: SharedCosts) throws -> any Workload {
    workload(try scaledQuestion(shared))
  }

  private func workload(_ question: Question) -> any Workload {
    switch question {
    case .trainingStep(let spec): TrainingWorkload(spec: spec, model: model, cluster: cluster)
    case .inferenceStep(let spec): InferenceWorkload(spec: spec, model: model, cluster: cluster)
    case .service(let spec):
      ServiceWorkload(spec: spec, model: model, cluster: cluster, seed: seed)
    case .trainingRun(let spec): RunWorkload(spec: spec, model: model, cluster: cluster)
    }
  }
}

/// A training step.
struct TrainingWorkload: Workload {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  var questionName: String { "training_step" }
  var schedule: String { spec.schedule }
  var kernels: Study { .kernels(spec, model, cluster) }

  func run(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try step(shared).run(keepsTimeline: keepsTimeline, workers: workers)
  }

  func plan(shared: SharedCosts) throws { _ = try step(shared) }

  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? {
    let costs = shared.costs(of: spec, model: model, cluster: cluster)
    return StepSpread(
      costs.kernelSpreads(of: model, modules: spec.modules(of: model)), of: result,
      on: cluster.node.gpu)
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    let step = try step(shared)
    let (spec, cluster) = (spec.drawn(draw, on: step.layout), cluster.drawn(draw))
    let costs = BlockCosts(
      spec: spec, model: model, cluster: cluster, traffic: step.costs.traffic)
    return try StepPlanner.plan(spec, model: model, cluster: cluster, costs: costs).run()
  }

  /// What the plan of a step depends on.
  private struct StepKey: Equatable {
    var spec: TrainingSpec
    var model: ModelSpec
    var cluster: ClusterSpec
  }

  /// The planned step, which all draws share: the choice of a partition can take longer than the
  /// simulation.
  private func step(_ shared: SharedCosts) throws -> TrainingStep {
    try shared.value(for: StepKey(spec: spec, model: model, cluster: cluster)) {
      let costs = shared.costs(of: spec, model: model, cluster: cluster)
      return try StepPlanner.plan(spec, model: model, cluster: cluster, costs: costs)
    }
  }
}

/// An inference step.
struct InferenceWorkload: Workload {
  let spec: InferenceSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  var questionName: String { "inference_step" }
  var schedule: String { "" }
  var kernels: Study { .kernels(spec, model, cluster) }

  func run(
    keepsTimeline: Bool, shared: SharedCosts, workers: Workers
  ) throws -> SimulationResult {
    try step(shared).run(keepsTimeline: keepsTimeline)
  }

  func plan(shared: SharedCosts) throws { _ = try step(shared) }

  func spread(of result: SimulationResult, shared: SharedCosts) throws -> StepSpread? {
    let costs = InferenceCosts(
      spec: spec, model: model, cluster: cluster, balance: balance(shared))
    return StepSpread(
      costs.kernelSpreads(spec, of: model), of: result, on: cluster.node.gpu)
  }

  func run(_ draw: PredictionDraw, shared: SharedCosts) throws -> SimulationResult {
    var drawn = spec
    drawn.host = spec.host.drawn(draw)
    return try InferenceWorkload(spec: drawn, model: model, cluster: cluster.drawn(draw))
      .run(keepsTimeline: false, shared: shared, workers: .one)
  }

  private func step(_ shared: SharedCosts) throws -> InferenceStep {
    try InferenceStep(spec: spec, model: model, cluster: cluster, balance: balance(shared))
  }

  /// What the placement of experts depends on.
  private struct BalanceKey: Equatable {
    var spec: InferenceSpec
    var model: ModelSpec
    var domains: Int
  }

  /// Placed experts, which are the same in all draws.
  private func balance(_ shared: SharedCosts) -> ExpertBalance {
    var key = BalanceKey(spec: spec, model: model, domains: spec.domains(of: cluster))
    key.spec.host = .none
    return shared.value(for: key) {
      ExpertBalance(spec: spec, model: model, domains: key.domains)
    }
  }
}

extension SharedCosts {
  /// The block costs of a training step.
  func costs(of spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec) -> BlockCosts {
    value(for: CostKey(spec: spec, model: model, cluster: cluster)) {
      BlockCosts(
        spec: spec, model: model, cluster: cluster,
        traffic: traffic(ExpertTraffic.Inputs(spec: spec, model: model, cluster: cluster)))
    }
  }

  /// The traffic of a training step's experts.
  func traffic(_ inputs: ExpertTraffic.Inputs) -> ExpertTraffic {
    value(for: inputs) { ExpertTraffic(inputs) }
  }
}

/// The inputs of block costs: everything but the schedule and the partition into stages.
private struct CostKey: Equatable {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  init(spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec) {
    var spec = spec
    spec.schedule = ""
    spec.userSchedule = nil
    spec.chunks = nil
    spec.stages = nil
    spec.runTokens = 0
    // Balanced loads are the same in every microbatch.
    if spec.routing.isUniform { spec.microbatches = 0 }
    self.spec = spec
    self.model = model
    self.cluster = cluster
  }
}
