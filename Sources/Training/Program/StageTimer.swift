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
    evaluation(of: plan, on: stages, transfer: transfer).makespan
  }

  /// A plan on stages in time, with cells and hops only.
  struct Evaluation {
    var makespan: SimDuration
    /// When each rank ends its last cell, and how long it computes.
    var ends: [SimDuration]
    var busy: [SimDuration]
  }

  /// The evaluation of a plan on these stages.
  mutating func evaluation(
    of plan: Plan, on stages: [StageContent], transfer: SimDuration
  ) -> Evaluation {
    // Microbatches are equal: a cell is known by its kind and stages.
    let count = stages.count + 1
    var table = [Int64](repeating: -1, count: CellKind.allCases.count * count)
    var pairs: [Int: Int64] = [:]
    do {
      let timeline = try evaluate(plan, transfer: transfer.picoseconds) { _, cell in
        if case .overlapped(let forward, let backward) = cell {
          let place = forward.stage * count + backward.stage
          if let found = pairs[place] { return found }
          let duration = duration(of: cell, stages).picoseconds
          pairs[place] = duration
          return duration
        }
        let stage = (cell.forwardWork ?? cell.backwardInputWork ?? cell.backwardWeightWork)?.stage
        let place = CellKind(cell).caseIndex * count + (stage ?? stages.count)
        if table[place] < 0 { table[place] = duration(of: cell, stages).picoseconds }
        return table[place]
      }
      return Evaluation(
        makespan: SimDuration(picoseconds: timeline.makespan),
        ends: timeline.ranks.map { SimDuration(picoseconds: $0.last?.end ?? 0) },
        busy: timeline.busy.map { SimDuration(picoseconds: $0) })
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
