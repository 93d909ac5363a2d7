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
  /// Loads of the experts by layer; empty where they are balanced.
  public var expertLoads: [ExpertLoad]
  /// What was assumed where nothing is published.
  public var assumptions: [String]
  /// Hash over the executed events, in hexadecimal.
  public var fingerprint: String
}

/// A step that is ready to run.
public struct TrainingStep: Sendable {
  public let spec: TrainingSpec
  public let model: ModelSpec
  public let cluster: ClusterSpec
  public let costs: BlockCosts
  let kind: ScheduleKind
  let plan: Plan
  /// Layers of each stage.
  public let partition: [Int]
  let stages: [StageContent]
  let memory: MemoryPlan

  /// Plans the step.
  ///
  /// - Parameters:
  ///   - costs: the block costs where another step of the same layout has computed them.
  /// - Throws: `TrainingRefusal` where sizes, layers or memory do not allow it.
  public init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts? = nil
  ) throws(TrainingRefusal) {
    let draft = try Self.draft(
      spec: spec, model: model, cluster: cluster,
      costs: costs ?? BlockCosts(spec: spec, model: model, cluster: cluster))
    let capacity = cluster.node.gpu.memory
    if draft.memory.peak > capacity.value {
      throw .memory(draft.shortage(capacity: capacity))
    }
    self = draft
  }

  private init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    kind: ScheduleKind, plan: Plan, partition: [Int]
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

  /// A step that may not fit in memory.
  static func draft(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts
  ) throws(TrainingRefusal) -> TrainingStep {
    guard let kind = ScheduleCatalogue.named(spec.schedule) else {
      preconditionFailure("a scenario names a schedule of the catalogue")
    }
    let plan: Plan
    do {
      plan = try kind.plan(
        ScheduleSizes(ranks: spec.layout.pipeline, microbatches: spec.microbatches))
    } catch {
      throw .schedule(error)
    }
    let stages = plan.stagesPerPath
    guard stages <= model.layers else {
      throw .partition("\(model.layers) layers cannot fill the \(stages) stages of \(kind.title)")
    }
    func step(_ partition: [Int]) -> TrainingStep {
      TrainingStep(
        spec: spec, model: model, cluster: cluster, costs: costs, kind: kind, plan: plan,
        partition: partition)
    }
    if let partition = spec.partition {
      guard partition.count == stages else {
        throw .partition(
          "the partition has \(partition.count) stages, \(kind.title) needs \(stages)")
      }
      return step(partition)
    }
    let chooser = Partition(
      model: model, trainsMTP: spec.trainsMTP, overlaps: plan.overlaps, costs: costs)
    return balanced(
      chooser: chooser, layers: model.layers, capacity: cluster.node.gpu.memory.value, plan: plan,
      step)
  }

  /// The fastest cut that fits: while a rank is over capacity, its largest stage gives up a layer.
  /// Where no cut fits it is the fastest of all, so that the error can name its shortage.
  private static func balanced(
    chooser: Partition, layers: Int, capacity: Double, plan: Plan,
    _ step: ([Int]) -> TrainingStep
  ) -> TrainingStep {
    var most = [Int](repeating: layers, count: plan.stagesPerPath)
    var fastest: TrainingStep?
    while let partition = chooser.layers(most: most) {
      let candidate = step(partition)
      guard let over = candidate.memory.ranks.firstIndex(where: { $0.total > capacity }) else {
        return candidate
      }
      fastest = fastest ?? candidate
      var largest = -1
      for cell in plan.cells[over] {
        guard let stage = cell.forwardWork?.stage else { continue }
        if largest < 0 || partition[stage] > partition[largest] { largest = stage }
      }
      most[largest] = partition[largest] - 1
    }
    guard let fastest else { preconditionFailure("stages are at most as many as layers") }
    return fastest
  }
}
