// Duration of each cell of real stages in isolation, simulated on the same stream machine as the
// step. A partition or an order derived from these durations therefore suits the step itself.

import Execution
import ModelCost
import Recording
import Schedules
import Units

/// Times the cells of real stages under balanced expert loads; equal cells are timed once.
struct StageTimer {
  private let costs: BlockCosts
  private var known: [(key: Key, duration: SimDuration)] = []

  /// The inputs that determine the duration of a cell.
  private struct Key: Equatable {
    var kind: CellKind
    /// The blocks of the forward and of the backward, if the cell has them.
    var blocks: [[StageBlock]?]
  }

  init(costs: BlockCosts) {
    self.costs = costs
  }

  /// Durations of every stage in picoseconds, for schedules that derive their order from durations.
  ///
  /// A stage without blocks takes a picosecond, so that its cells have an order.
  mutating func durations(of stages: [StageContent], transfer: SimDuration) -> StageDurations {
    StageDurations(
      stages.indices.map { stage in
        let work = Work(microbatch: 0, stage: stage)
        do {
          return try CellDurations(
            forward: max(1, picoseconds(.forward(work), stages)),
            backwardInput: picoseconds(.backwardInput(work), stages),
            backwardWeight: picoseconds(.backwardWeight(work), stages),
            transfer: Double(transfer.picoseconds))
        } catch {
          preconditionFailure("a stage takes time: \(error)")
        }
      })
  }

  /// The end of the last cell of a plan on these stages, with cells and hops only.
  mutating func makespan(
    of plan: Plan, on stages: [StageContent], transfer: SimDuration
  ) -> SimDuration {
    var table: [Cell: Int64] = [:]
    do {
      let timeline = try evaluate(plan, transfer: transfer.picoseconds) { _, cell in
        let anyMicrobatch = cell.ofMicrobatchZero
        if let found = table[anyMicrobatch] { return found }
        let duration = duration(of: cell, stages).picoseconds
        table[anyMicrobatch] = duration
        return duration
      }
      return SimDuration(picoseconds: timeline.makespan)
    } catch {
      preconditionFailure("a plan of the catalogue is free of deadlock: \(error)")
    }
  }

  private mutating func picoseconds(_ cell: Cell, _ stages: [StageContent]) -> Double {
    Double(duration(of: cell, stages).picoseconds)
  }

  private mutating func duration(of cell: Cell, _ stages: [StageContent]) -> SimDuration {
    let works = [cell.forwardWork, cell.backwardInputWork ?? cell.backwardWeightWork]
    let key = Key(kind: CellKind(cell), blocks: works.map { $0.map { stages[$0.stage].blocks } })
    if let found = known.first(where: { $0.key == key }) { return found.duration }
    var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
    emitter.emit([cell], rank: 0) { work in
      CellBlock.blocks(of: stages[work.stage])
    }
    let duration = StreamMachine(emitter.program.streams).run().makespan - SimTime.zero
    known.append((key, duration))
    return duration
  }
}

extension Cell {
  /// The same cell of microbatch 0, which has the same duration.
  fileprivate var ofMicrobatchZero: Cell {
    func first(_ work: Work) -> Work { Work(microbatch: 0, stage: work.stage) }
    return switch self {
    case .forward(let work): .forward(first(work))
    case .backwardInput(let work): .backwardInput(first(work))
    case .backwardWeight(let work): .backwardWeight(first(work))
    case .backward(let work): .backward(first(work))
    case .overlapped(let forward, let backward):
      .overlapped(forward: first(forward), backward: first(backward))
    }
  }
}
