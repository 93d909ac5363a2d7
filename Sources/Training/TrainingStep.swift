// One training step: checked, compiled, run, and taken apart.

import Cluster
import ModelCost
import Recording
import Schedules
import Units

/// Why a step cannot be simulated as asked.
public enum TrainingRefusal: Error, CustomStringConvertible {
  /// The schedule does not take the sizes.
  case schedule(ScheduleRefusal)
  /// Layers and stages do not go together.
  case partition(String)
  /// A rank would need more memory than its GPU has.
  case memory(MemoryShortage)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .schedule(let refusal): refusal.description
    case .partition(let text): text
    case .memory(let shortage): shortage.description
    }
  }
}

/// What a step yields. Everything follows from the scenario; no clock is read.
public struct StepResult: Sendable {
  /// From the start of the first forward to the end of the parameter gather.
  public var stepTime: SimDuration
  public var metrics: [Metric]
  public var rankTimes: [RankTime]
  public var memory: [MemoryUse]
  /// The bars of the timeline; empty where it was not kept.
  public var spans: [Span]
  /// Memory in use over time; empty where the timeline was not kept.
  public var memoryPoints: [MemoryPoint]
  /// What was sent, over what, and when.
  public var network: NetworkUse
  /// Loads of the experts by layer; empty where they are balanced.
  public var expertLoads: [ExpertLoad]
  /// What was assumed where nothing is published.
  public var assumptions: [String]
  /// Hash over the executed events, in hexadecimal.
  public var fingerprint: String
}

/// A step that is ready to run.
public struct TrainingStep: Sendable {
  public internal(set) var spec: TrainingSpec
  public let model: ModelSpec
  public let cluster: ClusterSpec
  public let costs: BlockCosts
  /// Nil for a user's own order.
  let kind: ScheduleKind?
  let plan: Plan
  /// Layers of each stage.
  public let partition: [Int]
  let stages: [StageContent]
  let memory: MemoryPlan

  /// Plans the step.
  ///
  /// - Parameters:
  ///   - costs: the block costs where another step of the same layout has computed them.
  ///   - triesRemedies: whether a refusal for lack of memory says what would fit, which takes
  ///     hundreds of tries.
  /// - Throws: `TrainingRefusal` where sizes, layers or memory do not allow it.
  public init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts? = nil,
    triesRemedies: Bool = true
  ) throws(TrainingRefusal) {
    let costs = costs ?? BlockCosts(spec: spec, model: model, cluster: cluster)
    var drafter = try StepDrafter(spec: spec, model: model, cluster: cluster, costs: costs)
    let draft = try drafter.step()
    let capacity = cluster.node.gpu.memory
    if draft.memory.peak > capacity.value {
      throw .memory(draft.shortage(capacity: capacity, triesRemedies: triesRemedies))
    }
    self = draft
  }

  /// A step that may not fit in memory.
  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    kind: ScheduleKind?, plan: Plan, partition: [Int]
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    self.costs = costs
    self.kind = kind
    self.plan = plan
    self.partition = partition
    stages = StageContent.stages(of: model, partition: partition, trainsMTP: spec.trainsMTP)
    memory = MemoryPlan(spec: spec, model: model, plan: plan, stages: stages, costs: costs)
  }
}
