// What a trial needs of a question, whatever it asks. A new question conforms here, and has its one
// line in the switch below.

import Cluster
import ModelCost
import Recording
import Scenarios
import Serving
import Training

/// A question beside the machine and the model that it is asked about.
protocol Workload: Sendable {
  /// Name of the kind of question, as results keep it.
  var questionName: String { get }
  /// The schedule that runs, by its catalogue name; empty where there is none.
  var schedule: String { get }
  /// The kernels and exchanges that it is made of; none where it has no layers.
  var kernels: Study { get }

  /// Simulates the answer.
  ///
  /// - Parameters:
  ///   - keepsTimeline: whether the result has the bars of its course.
  ///   - shared: what trials that differ in something else have computed.
  /// - Throws: `SimulationRefusal` where what is asked cannot be had.
  func run(keepsTimeline: Bool, shared: SharedCosts) throws -> SimulationResult

  /// Plans the answer without simulating it.
  ///
  /// - Throws: as `run`.
  func plan(shared: SharedCosts) throws
}

extension Workload {
  var kernels: Study { Study(.kernels, ["kernels": [] as [RecordValue]]) }
}

extension Scenario {
  /// The question's workload.
  var workload: any Workload {
    switch question {
    case .trainingStep(let spec): TrainingWorkload(spec: spec, model: model, cluster: cluster)
    case .inferenceStep(let spec): InferenceWorkload(spec: spec, model: model, cluster: cluster)
    }
  }
}

/// A step of training.
private struct TrainingWorkload: Workload {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  var questionName: String { "training_step" }
  var schedule: String { spec.schedule }
  var kernels: Study { .kernels(spec, model, cluster) }

  func run(keepsTimeline: Bool, shared: SharedCosts) throws -> SimulationResult {
    try step(shared).run(keepsTimeline: keepsTimeline)
  }

  func plan(shared: SharedCosts) throws { _ = try step(shared) }

  private func step(_ shared: SharedCosts) throws -> TrainingStep {
    let key = CostKey(spec: spec, model: model, cluster: cluster)
    let costs = shared.value(for: key) {
      BlockCosts(spec: spec, model: model, cluster: cluster)
    }
    return try StepPlanner.plan(spec, model: model, cluster: cluster, costs: costs)
  }

  /// What block costs depend on: everything but the order of cells and the cut into stages.
  private struct CostKey: Equatable {
    let spec: TrainingSpec
    let model: ModelSpec
    let cluster: ClusterSpec

    init(spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec) {
      var spec = spec
      spec.schedule = ""
      spec.userSchedule = nil
      spec.chunks = nil
      spec.partition = nil
      spec.runTokens = 0
      // Balanced loads are the same in every microbatch.
      if spec.routing.isUniform { spec.microbatches = 0 }
      self.spec = spec
      self.model = model
      self.cluster = cluster
    }
  }
}

/// A step of inference.
private struct InferenceWorkload: Workload {
  let spec: InferenceSpec
  let model: ModelSpec
  let cluster: ClusterSpec

  var questionName: String { "inference_step" }
  var schedule: String { "" }
  var kernels: Study { .kernels(spec, model, cluster) }

  func run(keepsTimeline: Bool, shared: SharedCosts) throws -> SimulationResult {
    try step().run(keepsTimeline: keepsTimeline)
  }

  func plan(shared: SharedCosts) throws { _ = try step() }

  private func step() throws -> InferenceStep {
    try InferenceStep(spec: spec, model: model, cluster: cluster)
  }
}
