// How long each cell of real stages takes by itself: measured on the machine that runs the step, so
// that a cut or an order made for these durations is made for what the step will do.

import Execution
import ModelCost
import Schedules
import Units

/// Times the cells of real stages under balanced expert loads; equal ones are timed once.
struct StageTimer {
  private let costs: BlockCosts
  private var known: [(key: Key, picoseconds: Int64)] = []

  /// What the duration of a cell depends on.
  private struct Key: Equatable {
    var pass: Int
    var blocks: [LayerKind]
    /// The blocks of the backward in an overlapped cell.
    var others: [LayerKind]?
  }

  init(costs: BlockCosts) {
    self.costs = costs
  }

  /// Durations of every stage in picoseconds, for orders that are made by duration.
  ///
  /// - Precondition: every stage holds a layer.
  mutating func durations(of stages: [StageContent], transfer: SimDuration) -> StageDurations {
    StageDurations(
      stages.indices.map { stage in
        let work = Work(microbatch: 0, stage: stage)
        do {
          return try CellDurations(
            forward: Double(duration(of: .forward(work), stages)),
            backwardInput: Double(duration(of: .backwardInput(work), stages)),
            backwardWeight: Double(duration(of: .backwardWeight(work), stages)),
            transfer: Double(transfer.picoseconds))
        } catch {
          preconditionFailure("a stage with a layer takes time: \(error)")
        }
      })
  }

  /// The end of the last cell of a plan on these stages; nothing but the cells and hops is timed.
  mutating func makespan(
    of plan: Plan, on stages: [StageContent], transfer: SimDuration
  ) -> Int64 {
    var table: [Cell: Int64] = [:]
    do {
      return try evaluate(plan, transfer: transfer.picoseconds) { _, cell in
        let anyMicrobatch = cell.ofMicrobatchZero
        if let found = table[anyMicrobatch] { return found }
        let picoseconds = duration(of: cell, stages)
        table[anyMicrobatch] = picoseconds
        return picoseconds
      }.makespan
    } catch {
      preconditionFailure("a plan of the catalogue is free of deadlock: \(error)")
    }
  }

  /// The duration of a cell in picoseconds.
  private mutating func duration(of cell: Cell, _ stages: [StageContent]) -> Int64 {
    let key: Key
    switch cell {
    case .forward(let work): key = Key(pass: 0, blocks: stages[work.stage].blocks)
    case .backwardInput(let work): key = Key(pass: 1, blocks: stages[work.stage].blocks)
    case .backwardWeight(let work): key = Key(pass: 2, blocks: stages[work.stage].blocks)
    case .backward(let work): key = Key(pass: 3, blocks: stages[work.stage].blocks)
    case .overlapped(let forward, let backward):
      key = Key(
        pass: 4, blocks: stages[forward.stage].blocks, others: stages[backward.stage].blocks)
    }
    if let found = known.first(where: { $0.key == key }) { return found.picoseconds }
    var program = StepProgram(rankCount: 1)
    var emitter = CellEmitter(costs: costs, rank: 0, cell: 0)
    emitter.emit(cell, into: &program) { work in
      stages[work.stage].blocks.map { CellBlock(kind: $0) }
    }
    let picoseconds = StreamMachine(program.streams).run().makespan
    known.append((key, picoseconds))
    return picoseconds
  }
}

extension Cell {
  /// The same cell of microbatch 0: as long as that of any other.
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
