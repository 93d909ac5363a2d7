// Collectives of tensor groups and the rings of context groups, around and inside the parts of a
// cell.
//
// As in Megatron-LM without its overlap of tensor parallelism (`--tp-comm-overlap`): computation
// waits for every collective but two. While the gradient of an input is computed, the input of the
// weight gradient is gathered again; while weight gradients are computed, the gradient of the input
// is summed (megatron/core/tensor_parallel/layers.py). A weight gradient in a cell of its own has
// its input gathered during the one before it. In an overlapped pair the other direction waits too:
// both go through one compute stream. Not seen: that a part's norm comes before its gather and its
// residual sum after the scatter; a part is computed in one piece.

import Execution
import ModelCost
import Units

/// Exchanges with tensor and context groups that computation has still to wait for.
struct PendingExchanges {
  /// Holds up whatever comes next.
  var everything: Int?
  /// Holds up everything but weight gradients.
  var allButWeights: Int?
  /// Inputs gathered again for weight gradients of this cell, by part.
  var regathered = [Int?](repeating: nil, count: LayerKernels.Part.allCases.count)

  /// What the next exchange must wait for.
  var all: [Int32] { [everything, allButWeights].compactMap { $0 }.map { Int32($0) } }

  /// Takes what a pass must wait for.
  mutating func take(_ pass: LayerKernels.Pass?) -> [Int32] {
    var inputs: [Int32] = []
    if let operation = everything { inputs.append(Int32(operation)) }
    everything = nil
    if pass != .backwardWeight {
      if let operation = allButWeights { inputs.append(Int32(operation)) }
      allButWeights = nil
    }
    return inputs
  }
}

extension CellEmitter {
  /// Emits what a part of a pass needs from its group, and returns all that it waits for.
  mutating func prepareGroup(
    _ block: CellBlock, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass,
    _ program: inout StepProgram
  ) -> [Int32] {
    let place = Self.index(part)
    let exchanges = costs[block.kind][exchanges: part, pass].before
    if pass == .backwardWeight {
      if let gathered = pending.regathered[place] {
        pending.regathered[place] = nil
        return pending.take(pass) + [Int32(gathered)]
      }
      // Gathered while what precedes it on the compute stream runs.
      let gathered = exchange(exchanges, pass, after: computeBeforeLast, &program)
      return pending.take(pass) + gathered
    }
    let gathered = exchange(exchanges, pass, after: lastCompute, &program)
    if pass == .backwardInput, computesWeights {
      let again = costs[block.kind][exchanges: part, .backwardWeight].before
      pending.regathered[place] = exchange(
        again, pass, after: lastCompute, &program
      ).last.map { Int($0) }
    }
    return pending.take(pass) + gathered
  }

  /// Emits what a part of a pass gives to its group.
  mutating func concludeGroup(
    _ block: CellBlock, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass,
    _ program: inout StepProgram
  ) {
    let exchanges = costs[block.kind][exchanges: part, pass].after
    guard let last = exchange(exchanges, pass, after: lastCompute, &program).last else { return }
    if pass == .backwardInput {
      pending.allButWeights = Int(last)
    } else {
      pending.everything = Int(last)
    }
  }

  /// Emits attention in steps, each beside the way of the next one's keys and values, or in one
  /// between collectives.
  mutating func ring(
    _ times: RingTimes, _ pass: LayerKernels.Pass, inputs: [Int32], _ program: inout StepProgram
  ) {
    add(.attention, pass, times.before, inputs: inputs, &program)
    var arriving = exchange(
      times.gather.map { [$0] } ?? [], pass, after: lastCompute, &program)
    for place in times.exchanges {
      let needed = arriving
      arriving = exchange(place.map { [$0] } ?? [], pass, after: lastCompute, &program)
      add(.attention, pass, times.block, inputs: needed, &program)
    }
    arriving += exchange(
      times.scatter.map { [$0] } ?? [], pass, after: lastCompute, &program)
    add(.attention, pass, times.after, inputs: arriving, &program)
  }

  /// Emits exchanges one after another; the last one, if any.
  private mutating func exchange(
    _ places: [Int], _ pass: LayerKernels.Pass, after operation: Int,
    _ program: inout StepProgram
  ) -> [Int32] {
    guard !places.isEmpty else { return [] }
    var operation = operation
    if operation < 0 {
      // Without computation before it an exchange still waits for the cell's first input.
      if lastCompute < 0 { empty(&program) }
      operation = lastCompute
    }
    var last: Int32 = -1
    for place in places {
      let exchange = costs.groupExchanges.all[place]
      last = Int32(
        program.add(
          label(exchange.kind, isForward: pass == .forward),
          exchange.kind.isTensorCollective ? .tensor : .context, rank: rank,
          time: ComputeTime(costs.groupExchanges.durations[place]),
          transfer: groupTransfers.map { $0 + Int32(place) } ?? -1, inputs: [Int32(operation)]))
    }
    return [last]
  }

  private static func index(_ part: LayerKernels.Part) -> Int {
    switch part {
    case .attention: 0
    case .feedForward: 1
    case .experts: 2
    case .residual: 3
    }
  }
}
