// What the units of sharded states send in a step: the uses of each unit x its bytes.

import ModelCost

extension TrainingStep {
  /// Gradients that the ranks reduce and parameters that they gather, in bytes.
  var replicaBytes: Double {
    let reductions = spec.sharding.reducesEveryMicrobatch ? Double(spec.microbatches) : 1
    let reduced = Double((spec.sharding.reduction ?? spec.precision.gradients).bytes)
    return memory.ranks.indices.reduce(0) { sum, rank in
      let gradients =
        spec.sharding.reducesInCells
        ? reducedParameters(rank) : [memory.ranks[rank].parameters]
      let summed = gradients.reduce(0) {
        $0 + $1.held(withOthersOf: spec.sharding.replicas).total
      }
      let gathers = gathers(rank)
      let gathered = gathers.units.reduce(0) { sum, unit in
        let divided = unit.held(withOthersOf: 1)
        return sum
          + spec.precision.gatheredBytes(parameters: divided.total, narrow: divided.narrow)
      }
      return sum + summed * reduced * reductions + gathered * gathers.times
    }
  }

  /// The units that a rank reduces at once.
  private func reducedParameters(_ rank: Int) -> [ShardedParameters] {
    heldStages[rank].flatMap { stage in
      zip(stages[stage].blocks, reducedUnits[stage]).filter { $1 != .nothing }.map { block, part in
        unit(block.kind, part == .whole, rank)
      }
    }
  }

  /// What a rank gathers in a step or a microbatch, and how many of these there are.
  private func gathers(_ rank: Int) -> (units: [ShardedParameters], times: Double) {
    switch spec.sharding.states {
    case .none: return ([], 0)
    case .optimizer, .gradients: return ([memory.ranks[rank].parameters], 1)
    case .parameters: break
    }
    let directions = spec.sharding.reshards ? [true, false] : [true]
    let units = directions.flatMap { isForward in
      let other = unitWithoutMatrix(rank: rank, isForward: isForward)
      return heldStages[rank].flatMap { stage in
        stages[stage].blocks.enumerated().flatMap { index, block in
          // All but the last of a group whose forward runs again are gathered for that too.
          let isAgain =
            !isForward && block.group != nil
            && StageContent.recomputed(stages[stage].blocks, before: index).isEmpty
          return [ShardedParameters](
            repeating: unit(block.kind, block.kind != other, rank), count: isAgain ? 2 : 1)
        }
      }
    }
    return (units, Double(spec.microbatches))
  }

  private func unit(_ kind: LayerKind, _ hasMatrix: Bool, _ rank: Int) -> ShardedParameters {
    var unit = hasMatrix ? costs[kind].unitParameters : costs[kind].unitWithoutMatrix
    unit.outsideShards = memory.ranks[rank].parameters.outsideShards
    unit.expertShards = memory.ranks[rank].parameters.expertShards
    return unit
  }
}
