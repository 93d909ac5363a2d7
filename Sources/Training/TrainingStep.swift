// One training step in which everything that the scenario leaves open is decided.

import Cluster
import ModelCost
import Schedules

/// A planned step, ready to run.
package struct TrainingStep: Sendable {
  package internal(set) var spec: TrainingSpec
  package let model: ModelSpec
  package internal(set) var cluster: ClusterSpec
  package let costs: BlockCosts
  /// Nil for a user's own order.
  let kind: ScheduleKind?
  let plan: Plan
  /// The layers and ends of each stage.
  package let layout: StageLayout
  let stages: [StageContent]
  let memory: MemoryPlan
  /// Whether one of several equal groups is simulated for all if every GPU is simulated. The result
  /// is the same without.
  var mergesEqualGroups = true

  /// A step on a partition, which may need more memory than available.
  ///
  /// - Parameter held: what the ranks of the plan hold, if it is known.
  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    kind: ScheduleKind?, plan: Plan, held: [HeldWork]? = nil, layout: StageLayout
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    self.costs = costs
    self.kind = kind
    self.plan = plan
    self.layout = layout
    stages = StageContent.stages(of: model, layout: layout, activations: spec.activations)
    memory = MemoryPlan(
      spec: spec, model: model, plan: plan, held: held ?? plan.heldWork, stages: stages,
      costs: costs)
  }

  /// Layers of each stage.
  package var partition: [Int] { layout.partition }

  /// Whether every rank fits in memory.
  var fits: Bool { memory.peak <= cluster.node.gpu.memory.value }
}
