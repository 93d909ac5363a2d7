// Compiles a plan over real stages into a program: cells, pipeline transfers, optimizer.
//
// Cells send their results when they end and start when all their inputs have arrived, as in the
// implementations from which the orders come. Gradients are reduced after a rank's last cell. The
// update waits for all ranks, because gradient clipping needs the norm over all parameters. The
// all-gather of parameters comes last.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// Turns a planned step into a program.
struct StepCompiler {
  let step: TrainingStep
  let costs: BlockCosts
  let transfers: TransferPlanner
  var program: StepProgram
  /// How long each rank waits for slower GPUs after its last cell; none if cells are left out.
  private(set) var lastWaits: [SimDuration] = []

  var plan: Plan { step.plan }
  private var stages: [StageContent] { step.stages }

  /// - Parameter costs: the costs of the step, or the same costs under balanced loads.
  init(_ step: TrainingStep, costs: BlockCosts, transfers: TransferPlanner) {
    self.step = step
    self.costs = costs
    self.transfers = transfers
    program = StepProgram(
      rankCount: step.plan.sizes.ranks, representatives: transfers.representatives)
  }

  /// The compiled step.
  ///
  /// - Complexity: linear in cells x blocks.
  consuming func compile() -> StepProgram {
    program = addingCells()
    connectStages()
    sumCopies()
    addOptimizer()
    return program
  }

  /// The optimizer of a step whose ranks end their cells at given times.
  ///
  /// - Complexity: linear in ranks.
  consuming func compile(ends: [SimDuration]) -> StepProgram {
    for (rank, cells) in plan.cells.enumerated() {
      guard let cell = cells.last else { continue }
      let label = OperationLabel(kind: .residual, isForward: false, cell: CellID(rank))
      let last = program.add(
        label, .compute, rank: rank, .takes(ComputeTime(ends[rank]), variant: nil), inputs: [])
      program.add(ProgramCell(rank: rank, cell: cell, firstCompute: last, lastCompute: last))
    }
    sumCopies()
    addOptimizer()
    return program
  }

  private mutating func addingCells() -> StepProgram {
    var program = program
    let rankTransfers = plan.cells.indices.map { rank in
      RankTransfers(
        exchanges: costs.exchanges.map { _ in
          EnumTable { program.add(transfers.exchange($0, rank: rank)) }
        },
        groups: costs.groupExchanges.all.map {
          program.add(transfers.groupExchange($0, rank: rank))
        }, units: units(rank: rank, &program))
    }
    var emitter = CellEmitter(costs: costs, program: program)
    let (placement, last) = (plan.placement, stages.count - 1)
    let (blocks, areLoaded) = (stageBlocks, costs.loads != nil)
    for (rank, cells) in plan.cells.enumerated() {
      emitter.emit(
        cells, rank: rank, transfers: rankTransfers[rank],
        sends: { $0.sends(from: rank, lastStage: last, placement) },
        blocks: { work in
          areLoaded
            ? blocks[work.stage].map { $0.loaded(work.microbatch) } : blocks[work.stage]
        })
    }
    lastWaits = emitter.lastWaits
    return emitter.program
  }

  /// The blocks of each stage, with the expert loads of the first microbatch.
  private var stageBlocks: [[CellBlock]] {
    zip(stages, step.reducedUnits).map { stage, reduced in
      var layer = stage.expertLayersBefore
      return CellBlock.blocks(of: stage, reduced: reduced) { kind in
        guard let loads = costs.loads, kind.hasExperts else { return nil }
        defer { layer += 1 }
        return layer * loads.sizes.microbatches
      }
    }
  }

  /// Adds the transfers between stages, and makes cells wait for them.
  private mutating func connectStages() {
    let count = stages.count * plan.sizes.microbatches
    var forwardArrival = [OperationID?](repeating: nil, count: count)
    var backwardArrival = forwardArrival
    func index(_ microbatch: Int, _ stage: Int) -> Int { microbatch * stages.count + stage }
    let cells = program.cells
    var hops: [Hop: TransferID] = [:]
    for cell in cells {
      if let work = cell.cell.forwardWork, work.stage + 1 < stages.count {
        forwardArrival[index(work.microbatch, work.stage + 1)] = handOver(
          work, of: cell, toStage: work.stage + 1, isForward: true, &hops)
      }
      if let work = cell.cell.backwardInputWork, work.stage > 0 {
        backwardArrival[index(work.microbatch, work.stage - 1)] = handOver(
          work, of: cell, toStage: work.stage - 1, isForward: false, &hops)
      }
    }
    for cell in cells {
      if let work = cell.cell.forwardWork,
        let arrival = forwardArrival[index(work.microbatch, work.stage)]
      {
        program.require(arrival, before: cell.firstCompute)
      }
      if let work = cell.cell.backwardInputWork,
        let arrival = backwardArrival[index(work.microbatch, work.stage)]
      {
        program.require(arrival, before: cell.firstCompute)
      }
    }
  }

  private struct Hop: Hashable {
    var rank: Int
    var target: Int
  }

  /// The operation that provides the next stage's input: a transfer, or the cell itself if that
  /// stage is on the same rank.
  private mutating func handOver(
    _ work: Work, of cell: ProgramCell, toStage stage: Int, isForward: Bool,
    _ hops: inout [Hop: TransferID]
  ) -> OperationID {
    let target = plan.placement.rank(ofStage: stage, microbatch: work.microbatch)
    if target == cell.rank { return cell.lastCompute }
    let hop = Hop(rank: cell.rank, target: target)
    let transfer = hops[hop] ?? program.add(transfers.hop(from: cell.rank, to: target))
    hops[hop] = transfer
    let stream: RankStream = target > cell.rank ? .sendDown : .sendUp
    var input = cell.lastCompute
    if cell.wait > .zero {
      input = program.add(
        OperationLabel(kind: .jitter, isForward: isForward, cell: program[label: input].cell),
        stream, rank: cell.rank, .takes(ComputeTime(cell.wait), variant: nil), inputs: [input])
    }
    return program.add(
      OperationLabel(kind: .send, isForward: isForward, cell: nil), stream, rank: cell.rank,
      OperationKind.send.sends(transfer), inputs: [input])
  }
}

extension Cell {
  /// Whether a stage on another rank needs its results.
  fileprivate func sends(from rank: Int, lastStage: Int, _ placement: Placement) -> Bool {
    if let work = forwardWork, work.stage < lastStage,
      placement.rank(ofStage: work.stage + 1, microbatch: work.microbatch) != rank
    {
      return true
    }
    guard let work = backwardInputWork, work.stage > 0 else { return false }
    return placement.rank(ofStage: work.stage - 1, microbatch: work.microbatch) != rank
  }
}
