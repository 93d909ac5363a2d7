// Compiles a plan over real stages into a program: cells, pipeline transfers, optimizer.
//
// Cells hand over at their ends and start when all their inputs are there, as the programs whose
// orders these are do it. Gradients are reduced after a rank's last cell; the update waits for all
// ranks, because gradient clipping needs the norm over all parameters; parameters are gathered
// last.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// Turns a plan into a program.
struct StepCompiler {
  let spec: TrainingSpec
  let model: ModelSpec
  let cluster: ClusterSpec
  let plan: Plan
  let stages: [StageContent]
  let costs: BlockCosts
  let memory: MemoryPlan
  let transfers: TransferPlanner

  /// The compiled step.
  ///
  /// - Complexity: linear in cells x blocks.
  func compile() -> StepProgram {
    var program = StepProgram(
      rankCount: plan.sizes.ranks, representatives: transfers.representatives)
    for rank in plan.cells.indices {
      let exchanges = exchangeTransfers(rank: rank, &program)
      let groups = groupTransfers(rank: rank, &program)
      for cell in plan.cells[rank] {
        var emitter = CellEmitter(
          costs: costs, rank: rank, cell: program.cells.count, exchanges: exchanges,
          groupTransfers: groups)
        emitter.emit(cell, into: &program) { blocks(of: $0) }
        program.add(
          ProgramCell(
            rank: rank, cell: cell, firstCompute: emitter.firstCompute ?? emitter.lastCompute,
            lastCompute: emitter.lastCompute))
      }
    }
    connect(&program)
    addOptimizer(&program)
    return program
  }

  /// The blocks of a stage with the loads of a microbatch.
  private func blocks(of work: Work) -> [CellBlock] {
    let stage = stages[work.stage]
    var layer = stage.expertLayersBefore
    return stage.blocks.map { kind in
      guard let loads = costs.loads, kind == .moe else { return CellBlock(kind: kind) }
      defer { layer += 1 }
      return CellBlock(kind: kind, load: layer * loads.sizes.microbatches + work.microbatch)
    }
  }

  private func exchangeTransfers(
    rank: Int, _ program: inout StepProgram
  ) -> ExchangeTransfers? {
    guard costs.exchanges != nil else { return nil }
    return ExchangeTransfers(
      dispatch: program.add(transfers.exchange(.dispatch, rank: rank)),
      combine: program.add(transfers.exchange(.combine, rank: rank)))
  }

  /// What the rank sends in its tensor and context groups; the first of them.
  private func groupTransfers(rank: Int, _ program: inout StepProgram) -> Int32? {
    let added = costs.groupExchanges.all.map {
      program.add(transfers.groupExchange($0, rank: rank))
    }
    return added.first
  }

  /// Adds the transfers between stages and lets cells wait for them.
  private func connect(_ program: inout StepProgram) {
    let count = stages.count * plan.sizes.microbatches
    var forwardArrival = [Int](repeating: -1, count: count)
    var backwardArrival = forwardArrival
    func index(_ work: Work) -> Int { work.microbatch * stages.count + work.stage }
    var hops = Hops(ranks: plan.sizes.ranks)
    for cell in program.cells {
      if let work = cell.cell.forwardWork, work.stage + 1 < stages.count {
        let next = Work(microbatch: work.microbatch, stage: work.stage + 1)
        forwardArrival[index(next)] = handOver(cell, to: next, isForward: true, &hops, &program)
      }
      if let work = cell.cell.backwardInputWork, work.stage > 0 {
        let next = Work(microbatch: work.microbatch, stage: work.stage - 1)
        backwardArrival[index(next)] = handOver(cell, to: next, isForward: false, &hops, &program)
      }
    }
    for cell in program.cells {
      if let work = cell.cell.forwardWork, work.stage > 0 {
        program.require(forwardArrival[index(work)], before: cell.firstCompute)
      }
      if let work = cell.cell.backwardInputWork, work.stage + 1 < stages.count {
        program.require(backwardArrival[index(work)], before: cell.firstCompute)
      }
    }
  }

  /// The operation after which `work` has its input: a transfer, or the cell itself on its rank.
  private func handOver(
    _ cell: ProgramCell, to work: Work, isForward: Bool, _ hops: inout Hops,
    _ program: inout StepProgram
  ) -> Int {
    let target = plan.placement.rank(ofStage: work.stage, microbatch: work.microbatch)
    if target == cell.rank { return cell.lastCompute }
    let hop = hops.find(from: cell.rank, to: target) {
      program.add(transfers.hop(from: $0, to: $1))
    }
    let duration = program.transfers[Int(hop)].aloneDuration(on: transfers.links)
    return program.add(
      OperationLabel(kind: .send, isForward: isForward, cell: -1),
      target > cell.rank ? .sendDown : .sendUp, rank: cell.rank, time: ComputeTime(duration),
      transfer: hop, inputs: [Int32(cell.lastCompute)])
  }

  /// The transfers between ranks, each noted once.
  private struct Hops {
    private let ranks: Int
    private var known: [Int32]

    init(ranks: Int) {
      self.ranks = ranks
      known = Array(repeating: -1, count: ranks * ranks)
    }

    mutating func find(from rank: Int, to target: Int, add: (Int, Int) -> Int32) -> Int32 {
      let place = rank * ranks + target
      if known[place] < 0 { known[place] = add(rank, target) }
      return known[place]
    }
  }

  private func addOptimizer(_ program: inout StepProgram) {
    let ranks = plan.sizes.ranks
    var lastCompute = [Int](repeating: 0, count: ranks)
    for cell in program.cells { lastCompute[cell.rank] = cell.lastCompute }
    let reductions = (0..<ranks).map { rank in
      // With two copies of the weights the partner's gradients are part of the sum.
      let partners = plan.weightCopies > 1 ? [rank, ranks - 1 - rank] : [rank]
      return exchange(
        .gradientReduction, rank: rank, bytes: spec.precision.gradients.bytes,
        inputs: partners.map { Int32(lastCompute[$0]) }, &program)
    }
    for rank in 0..<ranks {
      let update = add(
        .optimizerUpdate, .compute, rank: rank, duration: updateTime(rank), transfer: -1,
        inputs: reductions.map { Int32($0) }, &program)
      _ = exchange(
        .parameterGather, rank: rank, bytes: spec.precision.weights.bytes,
        inputs: [Int32(update)], &program)
    }
  }

  /// Reduce-scatter or all-gather of a rank's parameters with their replicas.
  private func exchange(
    _ kind: OperationKind, rank: Int, bytes: Int, inputs: [Int32], _ program: inout StepProgram
  ) -> Int {
    let transfer = transfers.replicaExchange(
      rank: rank, memory: memory.ranks[rank], counts: ReplicaCounts(spec: spec, plan: plan),
      bytes: bytes, sumsDuplicates: kind == .gradientReduction)
    return add(
      kind, .communication, rank: rank,
      duration: transfer?.aloneDuration(on: transfers.links) ?? .zero,
      transfer: transfer.map { program.add($0) } ?? -1, inputs: inputs, &program)
  }

  private func add(
    _ kind: OperationKind, _ stream: Stream, rank: Int, duration: SimDuration, transfer: Int32,
    inputs: [Int32], _ program: inout StepProgram
  ) -> Int {
    program.add(
      OperationLabel(kind: kind, isForward: false, cell: -1), stream, rank: rank,
      time: ComputeTime(duration), transfer: transfer, inputs: inputs)
  }

  private func updateTime(_ rank: Int) -> SimDuration {
    let counts = ReplicaCounts(spec: spec, plan: plan)
    let parameters = memory.ranks[rank]
    return costs.optimizerTime(
      parameters: parameters.replicatedParameters / Double(counts.replicated)
        + parameters.expertParameters / Double(counts.expert),
      precision: spec.precision)
  }
}
