// Simulated times of a step's cells, by kind.

import Execution
import Recording
import Schedules
import Units

extension StreamTimes {
  /// The cells of each member by rank and kind.
  func cellTimes(of program: StepProgram) -> [CellTime] {
    members.flatMap { times in
      var rows: [CellTime?] = Array(
        repeating: nil, count: program.rankCount * CellKind.allCases.count)
      for cell in program.cells {
        let kind = CellKind(cell.cell)
        let place = cell.rank * CellKind.allCases.count + kind.caseIndex
        let start = times.start(cell.firstCompute)
        let end = times.end(cell.lastCompute)
        var row =
          rows[place]
          ?? CellTime(
            rank: cell.rank, member: times.member, gpus: times.gpus, kind: kind, count: 0,
            time: .zero, start: start, end: end)
        row.count += 1
        row.time += end - start
        row.start = min(row.start, start)
        row.end = max(row.end, end)
        rows[place] = row
      }
      return rows.compactMap { $0 }
    }
  }
}

extension CellKind {
  init(_ cell: Cell) {
    self =
      switch cell {
      case .forward: .forward
      case .backwardInput: .backwardInput
      case .backwardWeight: .backwardWeight
      case .backward: .backward
      case .overlapped: .overlapped
      }
  }
}

/// Mean durations of cells over all GPUs: for the counterfactual and the closed form.
struct CellMeans {
  private let means: [CellKind: SimDuration]

  init(_ rows: [CellTime]) {
    var sums: [CellKind: (time: Int128, count: Int128)] = [:]
    for row in rows {
      let gpus = Int128(row.gpus)
      sums[row.kind, default: (0, 0)].time += gpus * Int128(row.time.picoseconds)
      sums[row.kind, default: (0, 0)].count += gpus * Int128(row.count)
    }
    means = sums.mapValues { SimDuration(picoseconds: Int64($0.time / $0.count)) }
  }

  /// The mean cell of a kind; nil if the plan has none.
  subscript(kind: CellKind) -> SimDuration? { means[kind] }
}
