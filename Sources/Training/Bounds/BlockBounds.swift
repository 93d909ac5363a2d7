// The least times of each kind of block, from the operations that the step itself would run: every
// operation takes at least its time without anything beside it, and starts after its inputs and
// after the operation before it on its stream. A longest path over the least times is therefore a
// lower bound in any surroundings.

import Execution
import ModelCost
import Schedules
import Units

/// Least seconds of the passes of one block for one microbatch.
struct BlockBounds {
  /// From the first computation of a cell to its last one, in cells with a single direction.
  var spans = PassTimes()
  /// On the compute stream alone; holds beside any other work too.
  var computation = PassTimes()
  /// The same inside an overlapped pair, whose kernels always leave the exchange its SMs.
  var overlapped = PassTimes()
  /// On the stream of exchanges with experts.
  var exchanges = PassTimes()

  /// - Parameter isRecomputed: whether its forward runs again in its backward.
  init(_ kind: LayerKind, isRecomputed: Bool, costs: BlockCosts) {
    let cells: [(WritableKeyPath<PassTimes, Double>, Cell)] = [
      (\.forward, .forward(Work(microbatch: 0, stage: 0))),
      (\.input, .backwardInput(Work(microbatch: 0, stage: 0))),
      (\.weight, .backwardWeight(Work(microbatch: 0, stage: 0))),
    ]
    let block = CellBlock(
      kind: kind, isRecomputed: isRecomputed, recomputes: isRecomputed ? 0..<1 : 0..<0)
    for (pass, cell) in cells {
      var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
      emitter.emit([cell], rank: 0) { _ in [block] }
      let program = emitter.program
      spans[keyPath: pass] = Self.span(program, isUneven: costs.loads != nil)
      for (operation, label) in zip(program.operations, program.labels) {
        let seconds = Self.least(operation, label, isUneven: costs.loads != nil)
        if operation.stream == RankStream.compute.rawValue {
          computation[keyPath: pass] += seconds
          overlapped[keyPath: pass] +=
            costs[kind].exchange == nil
            ? seconds
            : Self.least(
              operation, label, isUneven: costs.loads != nil, reservesSMs: true)
        } else if operation.stream == RankStream.communication.rawValue {
          exchanges[keyPath: pass] += seconds
        }
      }
    }
  }

  /// The longest path from the first to the last computation of a program with one cell.
  static func span(_ program: StepProgram, isUneven: Bool) -> Double {
    var ends: [Double] = []
    var streams = [Double](repeating: 0, count: RankStream.allCases.count)
    for (index, operation) in program.operations.enumerated() {
      let inputs = program.inputs(of: OperationID(index)).map { ends[$0.index] }
      let start = max(streams[operation.stream], inputs.max() ?? 0)
      let end = start + least(operation, program.labels[index], isUneven: isUneven)
      streams[operation.stream] = end
      ends.append(end)
    }
    return program.cells.first.map { ends[$0.lastCompute.index] } ?? 0
  }

  /// The least seconds of an operation. Under uneven loads those of experts are unknown.
  private static func least(
    _ operation: StreamOperation, _ label: OperationLabel, isUneven: Bool,
    reservesSMs: Bool = false
  ) -> Double {
    // How long exchanges wait depends on the work before them, in other cells too, and the host
    // may have launched an operation long before.
    guard case .takes(let time, _) = operation.effort,
      ![.jitter, .launch, .synchronisation].contains(label.kind)
    else { return 0 }
    if isUneven, label.kind == .experts || label.kind.sharesGPU { return 0 }
    guard operation.stream == RankStream.compute.rawValue else { return time.alone.seconds }
    let beside = min(time.onFewerSMs, time.besideCommunication)
    return (reservesSMs ? beside : min(time.alone, beside)).seconds
  }
}
