// A proven lower bound of the time of a step, and of the memory of its fullest rank, for every
// partition of its layers. Each part comes from the simulator's own tables:
//
//     compute      the mean over ranks of all computation at its best speed
//     cells        the same of whole cells, with the exchanges that they wait for
//     pipeline     a rank's cells, what comes before its first and after its last (PipelineBound)
//     imbalance    as many of the shortest layers as some rank must hold
//     links        the mean over ranks of the exchanges with experts
//     path         one microbatch through all stages and back
//
// The greatest holds. The update of the optimizer is added: it waits for all ranks. Left out, and
// therefore never too high: sums of gradients and gathers of parameters, warm-up of schedules with
// several stages a rank, contention.
//
// Memory: the mean over ranks of what all partitions hold in sum. It ignores embedding, head,
// buffers, and activations of layers that are recomputed as a whole.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// Lower bounds of a step.
package struct StepBound: Hashable, Sendable {
  /// Seconds of the step.
  package var seconds: Double
  /// The part that is greatest.
  package var name: String
  /// Bytes that the fullest rank holds at least.
  package var memory: Double
  /// The part of the seconds that is the update of the optimizer.
  var update: Double
}

extension StepBound {
  /// Rescaled operations are rounded down to whole picoseconds.
  static let rounding = 1 - 1e-7

  /// The bound of the step that a scenario specifies, for any partition that it may choose.
  ///
  /// - Parameters:
  ///   - spec: the training step.
  ///   - model: the model that is trained.
  ///   - cluster: the GPUs that train it, and their network.
  ///   - costs: the block costs of the layout.
  ///   - factor: multiplies the bound, to test that one that is too high is noticed.
  /// - Throws: `TrainingRefusal` if the schedule does not support the sizes.
  package init(
    _ spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    factor: Double = 1
  ) throws(TrainingRefusal) {
    let plan: Plan
    do throws(ScheduleRefusal) { plan = try spec.shape() } catch { throw .schedule(error) }
    let parts = BoundParts(spec: spec, model: model, cluster: cluster, costs: costs, plan: plan)
    var best = (seconds: 0.0, name: "compute")
    for part in parts.all where part.seconds > best.seconds { best = part }
    seconds = (best.seconds + parts.update) * Self.rounding * factor
    name = best.name
    memory = parts.memory
    update = parts.update
  }
}

extension TrainingSpec {
  /// The plan, or for speed a shorter one of the same schedule if no cell overlaps: two
  /// microbatches a rank have every kind of cell, and no rank holds more than in the whole plan.
  fileprivate func shape() throws(ScheduleRefusal) -> Plan {
    let sizes = ScheduleSizes(
      ranks: layout.pipeline, microbatches: microbatches, chunks: chunks)
    if let own = userSchedule {
      if let refusal = own.refusal(ranks: sizes.ranks, microbatches: sizes.microbatches) {
        throw refusal
      }
      return own.plan
    }
    guard let kind = ScheduleCatalogue.named(schedule) else {
      preconditionFailure("a scenario names a schedule of the catalogue")
    }
    if let refusal = kind.refusal(of: sizes) { throw refusal }
    var short = sizes
    short.microbatches = min(sizes.microbatches, 2 * sizes.ranks)
    let plan = try kind.plan(short)
    return plan.overlaps ? try kind.plan(sizes) : plan
  }
}

/// The parts of a bound.
private struct BoundParts {
  let spec: TrainingSpec
  let model: ModelSpec
  let costs: BlockCosts
  let plan: Plan
  private let blocks: [StageBlock]
  private let bounds: [BlockBounds]
  private let transfer: Double

  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts, plan: Plan
  ) {
    self.spec = spec
    self.model = model
    self.costs = costs
    self.plan = plan
    // The first layers of each stage depend on the partition.
    var policy = spec.activations
    if case .first = policy.wholeLayers { policy.recompute.remove(.full) }
    let whole = StageLayout(partition: [model.layers], modules: spec.modules(of: model))
    blocks = StageContent.stages(of: model, layout: whole, activations: policy)[0].blocks
    var known: [(block: StageBlock, bounds: BlockBounds)] = []
    var bounds: [BlockBounds] = []
    for block in blocks {
      let key = StageBlock(kind: block.kind, group: block.group.map { _ in 0 })
      if let found = known.first(where: { $0.block == key }) {
        bounds.append(found.bounds)
      } else {
        let made = BlockBounds(block.kind, isRecomputed: block.group != nil, costs: costs)
        known.append((key, made))
        bounds.append(made)
      }
    }
    self.bounds = bounds
    let link = StageLink(spec: spec, model: model, cluster: cluster)
    transfer =
      min(
        Reach.insideDomain.time(of: link.bytes, on: cluster.node),
        Reach.betweenDomains.time(of: link.bytes, on: cluster.node)
      ).seconds
  }

  private var ranks: Int { plan.sizes.ranks }
  private var microbatches: Double { Double(spec.microbatches) }

  /// The parts that hold for the plan.
  var all: [(seconds: Double, name: String)] {
    let shares = plan.overlapShares
    let computation = bounds.map { block in
      PassTimes(
        forward: mix(block.computation.forward, block.overlapped.forward, shares.forward),
        input: mix(block.computation.input, block.overlapped.input, shares.backward),
        weight: mix(block.computation.weight, block.overlapped.weight, shares.backward))
    }
    var tables = [(times: computation, name: "compute")]
    if !plan.overlaps {
      // A backward in one piece takes at least its input half with the exchanges, or else both
      // halves without them.
      tables.append(
        (
          bounds.map {
            PassTimes(
              forward: $0.spans.forward,
              input: splits ? $0.spans.input : $0.computation.input,
              weight: $0.computation.weight)
          }, "cells"
        ))
      if !splits {
        tables.append(
          (bounds.map { PassTimes(forward: $0.spans.forward, input: $0.spans.input) }, "cells"))
      }
    }
    var parts: [(seconds: Double, name: String)] = []
    for (times, name) in tables {
      parts.append((mean(times), name))
      parts.append((imbalance(times), "imbalance"))
      if plan.placement.layersPerStageShare == 1, plan.weightCopies == 1 {
        parts.append((pipeline(times), "pipeline"))
      }
    }
    parts.append((mean(bounds.map(\.exchanges)), "links"))
    parts.append((path, "path"))
    return parts
  }

  private func mix(_ alone: Double, _ overlapped: Double, _ share: Double) -> Double {
    alone + max(0, overlapped - alone) * share
  }

  /// Whether every backward is split.
  private var splits: Bool {
    plan.cells.allSatisfy { cells in
      cells.allSatisfy { cell in if case .backward = cell { false } else { true } }
    }
  }

  private func mean(_ times: [PassTimes]) -> Double {
    microbatches * times.reduce(0) { $0 + $1.sum } / Double(ranks)
  }

  /// Some rank, or some pair of ranks with the same stages, holds as many layers as the mean.
  private func imbalance(_ times: [PassTimes]) -> Double {
    let holders = max(1, ranks / plan.weightCopies)
    let count = (model.layers + holders - 1) / holders
    let shortest = times[1...model.layers].map(\.sum).sorted().prefix(count)
    return microbatches * shortest.reduce(0, +) / Double(plan.weightCopies)
  }

  private func pipeline(_ times: [PassTimes]) -> Double {
    PipelineBound(
      microbatches: spec.microbatches, transfer: transfer, splitsBackward: splits
    ).seconds(
      layers: Array(times[1...model.layers]), first: times[0],
      last: times[(model.layers + 1)...].reduce(PassTimes(), +), ranks: ranks)
  }

  /// One microbatch forward and back: computation, and hops between ranks.
  private var path: Double {
    let hops = (1..<max(1, plan.stagesPerPath)).count { stage in
      plan.placement.rank(ofStage: stage - 1, microbatch: 0)
        != plan.placement.rank(ofStage: stage, microbatch: 0)
    }
    return bounds.reduce(2 * Double(hops) * transfer) {
      $0 + $1.computation.forward + $1.computation.input
    }
  }

  /// Parameters of one GPU of the mean rank, without embedding and head.
  private var meanParameters: ShardedParameters {
    var sum = ShardedParameters()
    for block in blocks { sum.add(costs[block.kind].parameters) }
    let share = Double(plan.weightCopies) / Double(ranks)
    sum.outside *= share
    sum.experts *= share
    sum.narrowOutside *= share
    sum.narrowExperts *= share
    sum.copyBytes *= share
    let counts = ReplicaCounts(spec: spec, plan: plan)
    sum.outsideShards = counts.replicated / spec.sharding.replicas
    sum.expertShards = counts.expert / spec.sharding.replicas
    return sum
  }

  /// The update of the mean rank on the GPU.
  var update: Double {
    guard spec.offload == nil else { return 0 }
    let parameters = meanParameters
    let updated = spec.sharding.states == .none ? parameters.total : parameters.shard
    return costs.optimizerTime(
      parameters: updated, narrow: parameters.narrow, precision: spec.precision
    ).seconds
  }

  /// Bytes of the mean rank.
  var memory: Double {
    let states = ShardedStates(meanParameters, spec.sharding, spec.precision)
    let onHost = states.optimizer * (spec.offload?.share ?? 0)
    let held = blocks.reduce(0) {
      let cost = costs[$1.kind]
      let uncertain = costs.loads == nil ? 0 : cost.rowActivationBytes
      return $0 + ($1.group == nil ? cost.activationBytes - uncertain : 0)
    }
    let stagesPerRank = plan.stagesPerPath * plan.weightCopies / ranks
    let activations =
      Double(plan.leastHeld) * held * Double(plan.weightCopies)
      / Double(stagesPerRank * ranks)
    return states.weights + states.gradients + states.optimizer - onHost + activations
      + MemoryPlan.assumedReservedBytes
  }
}

extension Plan {
  /// The least shares, over ranks and stages, of forwards and backwards in overlapped cells.
  fileprivate var overlapShares: (forward: Double, backward: Double) {
    guard overlaps else { return (0, 0) }
    var least = (forward: 1.0, backward: 1.0)
    for cells in self.cells {
      var counts = [[Int]](repeating: [0, 0, 0, 0], count: stagesPerPath)
      for cell in cells {
        if let work = cell.forwardWork { counts[work.stage][0] += 1 }
        if let work = cell.backwardWeightWork { counts[work.stage][1] += 1 }
        guard case .overlapped(let forward, let backward) = cell else { continue }
        counts[forward.stage][2] += 1
        counts[backward.stage][3] += 1
      }
      for count in counts where count[0] > 0 {
        least.forward = min(least.forward, Double(count[2]) / Double(count[0]))
        least.backward = min(least.backward, Double(count[3]) / Double(max(1, count[1])))
      }
    }
    return least
  }

  /// The smallest peak of microbatches that any rank holds of one of its stages.
  var leastHeld: Int { leastHeldOfRanks.min() ?? 0 }

  /// The smallest peak of microbatches that each rank holds of one of its stages.
  var leastHeldOfRanks: [Int] {
    cells.map { cells in
      var held = [Int](repeating: 0, count: stagesPerPath)
      var peaks = held
      for cell in cells {
        if let work = cell.forwardWork {
          held[work.stage] += 1
          peaks[work.stage] = max(peaks[work.stage], held[work.stage])
        }
        if let work = cell.backwardWeightWork { held[work.stage] -= 1 }
      }
      return peaks.filter { $0 > 0 }.min() ?? 0
    }
  }
}
