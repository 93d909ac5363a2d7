// A small mixture-of-experts model on two nodes, of real parts, that is simulated in milliseconds.

import Cluster
import Execution
import ModelCost
import Recording
import Synchronization
import Testing
import Units

@testable import Training

/// The pieces of a small training scenario.
struct SmallScenario {
  var model: ModelSpec
  var cluster: ClusterSpec
  var spec: TrainingSpec

  /// DeepSeek-V3's shape with few layers on `gpus` GPUs.
  init(
    schedule: String, pipeline: Int = 4, microbatches: Int = 16, layers: Int = 8,
    partition: [Int]? = nil, gpus: Int = 32, expert: Int = 8
  ) throws {
    model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    model.layers = layers
    let node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    cluster = ClusterSpec(node: node, nodeCount: gpus / 8)
    spec = TrainingSpec(
      sequenceLength: 1024, microbatchSequences: 1, microbatches: microbatches, runTokens: 1e9,
      schedule: schedule,
      layout: ParallelLayout(pipeline: pipeline, expert: expert, data: gpus / pipeline),
      precision: .deepseekV3, activations: .deepseekV3,
      stages: partition.map { StageLayout(partition: $0, modules: 0) }, trainsMTP: false,
      communicationSMs: 20, kernelRelease: .february2025, nodeLimit: nil)
    model.experts?.routed = 64
    model.experts?.intermediate = 512
  }

  /// The planned step.
  ///
  /// - Parameter costs: those of a step that differs only in its partition, if there is one.
  func step(costs: BlockCosts? = nil) throws -> TrainingStep {
    try StepPlanner.plan(
      spec, model: model, cluster: cluster,
      costs: costs
        ?? BlockCosts(spec: spec, model: model, cluster: cluster, traffic: traffic))
  }

  private static let known = Mutex<[ExpertTraffic]>([])

  /// The balanced traffic of experts, shared by steps that route alike: sampling the gate takes
  /// most of the time of a small step. Uneven traffic is not: made-up traces all have one hash.
  private var traffic: ExpertTraffic? {
    guard spec.routing.isUniform else { return nil }
    let inputs = ExpertTraffic.Inputs(spec: spec, model: model, cluster: cluster)
    let known = Self.known.withLock { $0.first { $0.inputs == inputs } }
    if let known { return known }
    let traffic = ExpertTraffic(inputs)
    Self.known.withLock { $0.append(traffic) }
    return traffic
  }

  /// The step as operations on streams.
  func program() throws -> StepProgram {
    try step().program()
  }
}

extension TrainingStep {
  /// The step as operations on streams.
  func program() -> StepProgram {
    let representatives = choice(isUneven: costs.loads != nil).representatives
    return StepCompiler(self, costs: costs, transfers: transfers(representatives)).compile()
  }
}

extension StreamOperation {
  /// The time of a computation; nil for other operations.
  var computeTime: ComputeTime? {
    if stream == 0, case .takes(let time, _) = effort { time } else { nil }
  }
}

extension SimulationResult {
  /// The sums of the rows of each simulated GPU: by INV-13 the step time.
  var attributedTimes: [SimDuration] {
    let places = Set(rankTimes.map { $0.rank * 1000 + $0.member }).sorted()
    return places.map { place in
      rankTimes.filter { $0.rank * 1000 + $0.member == place }.reduce(.zero) { $0 + $1.time }
    }
  }
}

extension SimulationResult {
  /// The value of a metric.
  func value(_ kind: MetricKind) -> Double? { metrics.first { $0.kind == kind }?.value }
}
