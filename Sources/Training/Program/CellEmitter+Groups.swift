// Collectives of tensor groups and rings of context groups, around and inside the parts of a cell.
//
// As in Megatron-LM without overlap of tensor parallelism (`--tp-comm-overlap`), computation waits
// for every collective with two exceptions. While the gradient of an input is computed, the input
// of the weight gradient is gathered again. While weight gradients are computed, the gradient of
// the input is summed (megatron/core/tensor_parallel/layers.py). If the weight gradient has its own
// cell, its input is gathered during the preceding weight gradient. In an overlapped pair the other
// direction waits too, because both share one compute stream.
//
// Not modelled: that a part's norm precedes its gather and its residual sum follows the scatter,
// unless they overlap (PipelinedPart). A part is computed in one piece.

import Execution
import ModelCost
import Units

/// Exchanges with tensor and context groups that computation still has to wait for.
struct PendingExchanges {
  /// Blocks all further computation.
  var everything: OperationID?
  /// Blocks all further computation except weight gradients.
  var allButWeights: OperationID?
  /// Inputs gathered again for weight gradients of this cell.
  var regathered = EnumTable<LayerKernels.Part, OperationID?>(repeating: nil)

  /// The operations that the next exchange must wait for.
  var all: [OperationID] { [everything, allButWeights].compactMap { $0 } }

  /// Removes and returns the operations that a pass must wait for.
  mutating func take(_ pass: LayerKernels.Pass?) -> [OperationID] {
    if pass == .backwardWeight {
      defer { everything = nil }
      return everything.map { [$0] } ?? []
    }
    defer { (everything, allButWeights) = (nil, nil) }
    return all
  }
}

extension CellEmitter {
  /// Emits the exchanges that a part of a pass needs from its group, and returns all its inputs.
  ///
  /// - Parameter dispatch: the exchange that brings the rows of experts, if there is one.
  mutating func prepareGroup(
    _ cost: BlockCost, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass,
    dispatch: OperationID?
  ) -> [OperationID] {
    let exchanges = cost[exchanges: part, pass].before
    if pass == .backwardWeight {
      if let gathered = pending.regathered[part] {
        pending.regathered[part] = nil
        return pending.take(pass) + [gathered]
      }
      // Gathered while the preceding operation on the compute stream runs.
      let gathered = exchange(exchanges, pass, after: computeBeforeLast)
      return pending.take(pass) + gathered
    }
    // Experts gather the rows that have arrived.
    let source = part == .experts ? dispatch ?? lastCompute : lastCompute
    let gathered = exchange(exchanges, pass, after: source)
    if pass == .backwardInput, computesWeights {
      let again = cost[exchanges: part, .backwardWeight].before
      pending.regathered[part] = exchange(again, pass, after: lastCompute).last
    }
    return pending.take(pass) + gathered
  }

  /// Emits the exchanges that pass the results of a part to its group.
  mutating func concludeGroup(
    _ cost: BlockCost, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass
  ) {
    let exchanges = cost[exchanges: part, pass].after
    guard let last = exchange(exchanges, pass, after: lastCompute).last else { return }
    if pass == .backwardInput {
      pending.allButWeights = last
    } else {
      pending.everything = last
    }
  }

  /// Emits attention in steps, each overlapped with the transfer of the next step's keys and
  /// values, or in one step between collectives.
  mutating func ring(_ times: RingTimes, _ pass: LayerKernels.Pass, inputs: [OperationID]) {
    add(.attention, pass, times.before, inputs: inputs)
    var arriving = exchange(times.gather.map { [$0] } ?? [], pass, after: lastCompute)
    for place in times.exchanges {
      let needed = arriving
      arriving = exchange(place.map { [$0] } ?? [], pass, after: lastCompute)
      add(.attention, pass, times.block, inputs: needed)
    }
    arriving += exchange(times.scatter.map { [$0] } ?? [], pass, after: lastCompute)
    add(.attention, pass, times.after, inputs: arriving)
  }

  /// Emits a sequence of exchanges, all of which wait for an operation, or else for the computation
  /// emitted last; returns the last one, if any.
  mutating func exchange(
    _ places: [Int], _ pass: LayerKernels.Pass, after operation: OperationID?
  ) -> [OperationID] {
    guard !places.isEmpty else { return [] }
    let input = operation ?? computed()
    return places.map { place in
      let kind = costs.groupExchanges.all[place].kind
      let stream: RankStream = kind.isTensorCollective ? .tensor : .context
      let inputs = held(
        [input], at: kind.barrier, stream, isForward: isForward(pass),
        seconds: costs.groupExchanges.durations[place].seconds)
      return add(
        kind, stream, isForward: isForward(pass),
        transfers.map { kind.sends($0.groups[place]) }
          ?? .takes(ComputeTime(costs.groupExchanges.durations[place]), variant: nil),
        inputs: inputs)
    }.suffix(1)
  }
}

extension OperationKind {
  /// The GPUs that wait for each other in an exchange of a tensor or context group.
  fileprivate var barrier: BarrierLevel {
    switch self {
    case .tensorGather, .tensorScatter, .tensorSum: .tensor
    case .expertGather, .expertScatter: .expertTensor
    default: .sequence
    }
  }
}
