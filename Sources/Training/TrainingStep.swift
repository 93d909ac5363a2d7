// One training step: checked, compiled, run, and taken apart.

import Cluster
import ModelCost
import Recording
import Schedules
import Text
import Units

/// Why a step cannot be simulated as asked.
public enum TrainingRefusal: SimulationRefusal {
  /// The schedule does not take the sizes.
  case schedule(ScheduleRefusal)
  /// Layers and stages do not go together.
  case partition(String)
  /// A rank would need more memory than its GPU has.
  case memory(MemoryRefusal)

  public var explanations: [Explanation] {
    switch self {
    case .schedule(let refusal): refusal.explanations
    case .partition(let text): [Explanation(text)]
    case .memory(let refusal): refusal.explanations
    }
  }

  public var candidates: [RemedyCandidate] {
    if case .memory(let refusal) = self { refusal.candidates } else { [] }
  }

  public func telling(_ remedies: [[Setting]]) -> TrainingRefusal {
    guard case .memory(var refusal) = self else { return self }
    refusal.wouldFit = remedies
    return .memory(refusal)
  }
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
  /// - Parameter costs: the block costs where another step of the same layout has computed them.
  /// - Throws: `TrainingRefusal` where sizes, layers or memory do not allow it.
  public init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts? = nil
  ) throws(TrainingRefusal) {
    let costs = costs ?? BlockCosts(spec: spec, model: model, cluster: cluster)
    var drafter = try StepDrafter(spec: spec, model: model, cluster: cluster, costs: costs)
    let draft = try drafter.step()
    let capacity = cluster.node.gpu.memory
    if draft.memory.peak > capacity.value {
      throw .memory(draft.refusal(capacity: capacity))
    }
    self = draft
  }

  /// The refusal for the rank that needs most.
  private func refusal(capacity: Bytes) -> MemoryRefusal {
    var worst = 0
    for rank in memory.ranks.indices where memory.ranks[rank].total > memory.ranks[worst].total {
      worst = rank
    }
    return MemoryRefusal(
      rank: worst, needed: Bytes(memory.ranks[worst].total), capacity: capacity,
      uses: memory.ranks[worst].uses(rank: worst, gpus: spec.layout.gpusPerRank),
      candidates: MemoryRemedies(spec: spec, model: model, cluster: cluster).candidates)
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
