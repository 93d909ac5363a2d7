// Mean durations of the kinds of cells as they ran: for the counterfactual and the closed form.

import Execution
import Schedules

/// Mean durations over all GPUs, picoseconds; nil for kinds that the plan lacks.
struct CellMeans {
  private(set) var forward: Int64?
  private(set) var backwardInput: Int64?
  private(set) var backwardWeight: Int64?
  private(set) var backward: Int64?
  private(set) var overlapped: Int64?

  init(_ program: StepProgram, _ times: StreamTimes) {
    var sums = [Int128](repeating: 0, count: 5)
    var counts = [Int128](repeating: 0, count: 5)
    for times in times.members {
      let gpus = Int128(times.gpus)
      for cell in program.cells {
        let kind = Self.index(cell.cell)
        sums[kind] += gpus * Int128(times.end(cell.lastCompute) - times.start(cell.firstCompute))
        counts[kind] += gpus
      }
    }
    func mean(_ kind: Int) -> Int64? {
      counts[kind] > 0 ? Int64(sums[kind] / counts[kind]) : nil
    }
    (forward, backwardInput, backwardWeight) = (mean(0), mean(1), mean(2))
    (backward, overlapped) = (mean(3), mean(4))
  }

  /// The mean duration of cells of this kind.
  func duration(of cell: Cell) -> Int64 {
    switch cell {
    case .forward: forward ?? 0
    case .backwardInput: backwardInput ?? 0
    case .backwardWeight: backwardWeight ?? 0
    case .backward: backward ?? 0
    case .overlapped: overlapped ?? 0
    }
  }

  private static func index(_ cell: Cell) -> Int {
    switch cell {
    case .forward: 0
    case .backwardInput: 1
    case .backwardWeight: 2
    case .backward: 3
    case .overlapped: 4
    }
  }
}
