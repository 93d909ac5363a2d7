// Decides what the scenario leaves open: the partition of layers into stages and, for schedules
// that derive their order from durations, the order of cells.

import Cluster
import ModelCost
import Schedules
import Units

/// Plans a step.
package struct StepPlanner {
  let spec: TrainingSpec
  private let model: ModelSpec
  private let cluster: ClusterSpec
  private let costs: BlockCosts
  /// Nil for a user's own order.
  let kind: ScheduleKind?
  let sizes: ScheduleSizes
  /// The plan for equal stages, and what its ranks hold.
  let plan: Plan
  private let held: [HeldWork]
  let transfer: SimDuration
  var timer: StageTimer

  /// The step that a scenario specifies.
  ///
  /// - Parameters:
  ///   - spec: the training step.
  ///   - model: the model that is trained.
  ///   - cluster: the GPUs that train it, and their network.
  ///   - costs: the block costs, if another step of the same layout has computed them.
  /// - Throws: `TrainingRefusal` if sizes, layers or memory do not allow it.
  package static func plan(
    _ spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts? = nil
  ) throws(TrainingRefusal) -> TrainingStep {
    var planner = try StepPlanner(
      spec: spec, model: model, cluster: cluster,
      costs: costs ?? BlockCosts(spec: spec, model: model, cluster: cluster))
    let step = try planner.step()
    guard step.fits else { throw .memory(MemoryRefusal(of: step)) }
    return step
  }

  /// Checks that a step can be planned, without looking for its fastest partition.
  ///
  /// - Parameters: as for `plan`.
  /// - Throws: `TrainingRefusal` if it cannot.
  package static func check(
    _ spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts?
  ) throws(TrainingRefusal) {
    guard spec.stages == nil else {
      _ = try plan(spec, model: model, cluster: cluster, costs: costs)
      return
    }
    var planner = try StepPlanner(
      spec: spec, model: model, cluster: cluster,
      costs: costs ?? BlockCosts(spec: spec, model: model, cluster: cluster))
    let (found, first) = planner.firstFound { planner, partitions, over in
      for partition in partitions {
        let step = planner.ordered(planner.step(partition))
        if step.fits { return true }
        if over.fits { over = step }
      }
      return nil
    }
    if found == nil { throw .memory(MemoryRefusal(of: first)) }
  }

  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts
  ) throws(TrainingRefusal) {
    sizes = ScheduleSizes(
      ranks: spec.layout.pipeline, microbatches: spec.microbatches, chunks: spec.chunks)
    if let own = spec.userSchedule {
      if let refusal = own.refusal(ranks: sizes.ranks, microbatches: sizes.microbatches) {
        throw .schedule(refusal)
      }
      kind = nil
      plan = own.plan
    } else {
      guard let found = ScheduleCatalogue.named(spec.schedule) else {
        preconditionFailure("a scenario names a schedule of the catalogue")
      }
      kind = found
      do { plan = try found.plan(sizes) } catch { throw .schedule(error) }
    }
    self.spec = spec
    self.model = model
    self.cluster = cluster
    self.costs = costs
    held = plan.heldWork
    transfer = StageLink(spec: spec, model: model, cluster: cluster).longest(plan.placement)
    timer = StageTimer(costs: costs)
  }

  /// The step on the scenario's stages, or else on the fastest partition that fits: while ranks
  /// exceed their capacity, the largest stage of each gives up a layer. If no partition fits, it is
  /// the first one, so that the error can name its shortage.
  private mutating func step() throws(TrainingRefusal) -> TrainingStep {
    if let layout = spec.stages {
      let count = layout.stages.count
      guard count == plan.stagesPerPath else {
        let title = kind?.title ?? plan.scheduleName
        throw .partition(
          "the partition has \(count) stages, \(title) needs \(plan.stagesPerPath)")
      }
      return ordered(step(layout))
    }
    let (fastest, first) = firstFound { planner, partitions, over in
      planner.fastest(of: planner.possible(partitions), over: &over)
    }
    return fastest ?? first
  }

  /// Looks for something among partitions: while nothing is found, the largest stage of each rank
  /// that exceeds its capacity gives up a layer.
  ///
  /// - Parameter find: looks among some partitions, the first of which is made into a step; it may
  ///   replace that step, if it fits, by one that does not.
  /// - Returns: what was found; the first step that did not fit.
  private mutating func firstFound<Found>(
    _ find: (inout StepPlanner, [[Int]], inout TrainingStep) -> Found?
  ) -> (found: Found?, over: TrainingStep) {
    let chooser = Partition(
      model: model, modules: spec.modules(of: model), activations: spec.activations,
      overlaps: plan.overlaps, placement: plan.placement, costs: costs)
    var most = [Int](repeating: model.layers, count: plan.stagesPerPath)
    var first: TrainingStep?
    while true {
      let candidates = chooser.candidates(most: most)
      guard let even = candidates.first else { break }
      var over = step(even)
      if first == nil, !over.fits, isHopeless(over) { return (nil, over) }
      if let found = find(&self, candidates, &over) { return (found, over) }
      first = first ?? over
      tighten(&most, after: over)
    }
    guard let first else { preconditionFailure("all layers fit one stage") }
    return (nil, first)
  }

  /// Those of some partitions that may fit: the memory of an order that is derived from durations
  /// is known after that.
  private func possible(_ partitions: [[Int]]) -> [[Int]] {
    derivesOrder ? partitions : partitions.filter { step($0).fits }
  }

  /// The layouts of which the fastest is taken, where the order does not depend on them.
  ///
  /// - Throws: `TrainingRefusal` if none fits in memory.
  mutating func layouts() throws(TrainingRefusal) -> [StageLayout] {
    if let layout = spec.stages {
      return layout.stages.count == plan.stagesPerPath ? [layout] : []
    }
    let (partitions, over) = firstFound { planner, partitions, _ in
      let possible = planner.possible(partitions)
      return possible.isEmpty ? nil : possible
    }
    guard let partitions else { throw .memory(MemoryRefusal(of: over)) }
    return partitions.map { StageLayout(partition: $0, modules: spec.modules(of: model)) }
  }

  /// The step on a layout, which may need more memory than available.
  func step(_ layout: StageLayout) -> TrainingStep { step(layout, plan, held) }

  func step(_ partition: [Int]) -> TrainingStep {
    step(StageLayout(partition: partition, modules: spec.modules(of: model)))
  }

  /// The contents of the stages of a partition.
  func contents(of partition: [Int]) -> [StageContent] {
    StageContent.stages(
      of: model, layout: StageLayout(partition: partition, modules: spec.modules(of: model)),
      activations: spec.activations)
  }

  private func step(
    _ layout: StageLayout, _ plan: Plan, _ held: [HeldWork]? = nil
  ) -> TrainingStep {
    TrainingStep(
      spec: spec, model: model, cluster: cluster, costs: costs, kind: kind, plan: plan, held: held,
      layout: layout)
  }

  /// The step in an order derived from its stages' durations, if the schedule derives one.
  mutating func ordered(_ step: TrainingStep) -> TrainingStep {
    guard let kind, kind.ordersByDuration else { return step }
    let durations = timer.durations(of: step.stages, transfer: transfer)
    do {
      return self.step(step.layout, try kind.plan(sizes, stages: durations))
    } catch {
      preconditionFailure("sizes accepted before are refused: \(error)")
    }
  }

  /// Whether no partition can fit. Memory held for the whole step, summed over ranks, is the same
  /// for every partition, and so are the activations of a microbatch. A rank holds its largest
  /// stage, and with it a share of its activations, at least as often as its least held stage; the
  /// ranks that hold them least often take as much as they can.
  private func isHopeless(_ step: TrainingStep) -> Bool {
    let ranks = step.memory.ranks
    let standing = ranks.map { $0.weights + $0.gradients + $0.optimizer }.reduce(0, +)
    let space = cluster.node.gpu.memory.value - (ranks.map(\.reserved).min() ?? 0)
    let stagesPerRank = Double(plan.stagesPerPath * plan.weightCopies) / Double(ranks.count)
    var rest = step.memory.activationBytes.reduce(0, +) * Double(plan.weightCopies)
    var held = 0.0
    for count in plan.leastHeldOfRanks.sorted() where count > 0 {
      let times = Double(count) / stagesPerRank
      let taken = min(rest, space / times)
      rest -= taken
      held += taken * times
    }
    return rest > 0 || standing + held > Double(ranks.count) * space
  }

  /// Takes a layer from the largest stage of every rank that exceeds its capacity; of the first
  /// rank if an order derived from durations does not fit though the plan does.
  private func tighten(_ most: inout [Int], after step: TrainingStep) {
    let capacity = cluster.node.gpu.memory.value
    let over = step.memory.ranks.indices.filter { step.memory.ranks[$0].total > capacity }
    // With two copies of the weights, two ranks have the same stages.
    var tightened: Set<Int> = []
    for rank in over.isEmpty ? [0] : over {
      let stages = held[rank].stages
      guard tightened.isDisjoint(with: stages) else { continue }
      // The first of equal ones.
      var largest = stages[0]
      for stage in stages where step.partition[stage] > step.partition[largest] { largest = stage }
      most[largest] = step.partition[largest] - 1
      tightened.insert(largest)
    }
  }
}
