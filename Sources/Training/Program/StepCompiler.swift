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
  private let step: TrainingStep
  private let costs: BlockCosts
  private let transfers: TransferPlanner
  private var program: StepProgram

  private var plan: Plan { step.plan }
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
    addOptimizer()
    return program
  }

  private func addingCells() -> StepProgram {
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
    for (rank, cells) in plan.cells.enumerated() {
      emitter.emit(cells, rank: rank, transfers: rankTransfers[rank]) { blocks(of: $0) }
    }
    return emitter.program
  }

  /// The blocks of a stage, with the expert loads of a microbatch.
  private func blocks(of work: Work) -> [CellBlock] {
    let stage = stages[work.stage]
    var layer = stage.expertLayersBefore
    return stage.blocks.map { kind in
      guard let loads = costs.loads, kind.hasExperts else { return CellBlock(kind: kind) }
      defer { layer += 1 }
      return CellBlock(kind: kind, load: layer * loads.sizes.microbatches + work.microbatch)
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
    return program.add(
      OperationLabel(kind: .send, isForward: isForward, cell: nil),
      target > cell.rank ? .sendDown : .sendUp, rank: cell.rank, OperationKind.send.sends(transfer),
      inputs: [cell.lastCompute])
  }

  /// The exchanges of a rank's units during cells; nil if there are none.
  private func units(rank: Int, _ program: inout StepProgram) -> UnitTransfers? {
    let sharding = step.spec.sharding
    guard sharding.reducesEveryMicrobatch else { return nil }
    let replicas = replicas
    func transfers(
      _ operation: CollectiveOperation, _ bytes: (ShardedParameters) -> ExchangedBytes
    ) -> UnitTransfers.ByKind {
      UnitTransfers.ByKind { kind in
        replicas.exchange(operation, bytes(costs[kind].unitParameters), rank: rank)
          .map { program.add($0) }
      }
    }
    let gathers = sharding.states == .parameters
    return UnitTransfers(
      gathers: gathers ? transfers(.allGather, weights) : nil,
      gathersAgain: sharding.reshards, prefetches: sharding.prefetches,
      reductions: transfers(.reduceScatter, gradients))
  }

  private var replicas: ReplicaTransfers { ReplicaTransfers(transfers, counts) }

  private var reductionBytes: Int {
    (step.spec.sharding.reduction ?? step.spec.precision.gradients).bytes
  }

  private func gradients(_ parameters: ShardedParameters) -> ExchangedBytes {
    ExchangedBytes(gradients: parameters, bytes: reductionBytes)
  }

  private func weights(_ parameters: ShardedParameters) -> ExchangedBytes {
    ExchangedBytes(weights: parameters, step.spec.precision)
  }

  private mutating func addOptimizer() {
    let ranks = plan.sizes.ranks
    var lastCompute = [OperationID](repeating: OperationID(0), count: ranks)
    for cell in program.cells { lastCompute[cell.rank] = cell.lastCompute }
    var reductions: [OperationID] = []
    for rank in 0..<ranks {
      // With two copies of the weights, the partner's gradients are part of the sum.
      let partners = plan.weightCopies > 1 ? [rank, ranks - 1 - rank] : [rank]
      reductions.append(
        addExchange(
          .gradientReduction, gradientSum(rank), rank: rank,
          inputs: partners.map { lastCompute[$0] }
            + program.stream(.unitReduction, rank: rank).suffix(1)))
    }
    for rank in 0..<ranks {
      let update = add(
        .optimizerUpdate, .compute, rank: rank,
        .takes(ComputeTime(updateTime(rank)), variant: nil), inputs: reductions)
      _ = addExchange(.parameterGather, parameterGather(rank), rank: rank, inputs: [update])
    }
  }

  /// What the last reduction of a rank's gradients sends: all of them, or what reductions during
  /// the cells have left; nil if nothing.
  private func gradientSum(_ rank: Int) -> Transfer? {
    let memory = step.memory.ranks[rank]
    let sharding = step.spec.sharding
    let others =
      replicas.duplicateSum(memory.duplicatedParameters, bytes: reductionBytes, rank: rank)
      + replicas.shardSum(
        ExchangedBytes(gradientShards: memory.parameters, bytes: reductionBytes), rank: rank)
    guard !sharding.reducesEveryMicrobatch else {
      return others.isEmpty ? nil : Transfer(rank: rank, others)
    }
    return replicas.exchange(
      sharding.states == .none ? .allReduce : .reduceScatter, gradients(memory.parameters),
      rank: rank, after: others)
  }

  /// The gather of updated parameters; nil if every GPU has updated its own.
  private func parameterGather(_ rank: Int) -> Transfer? {
    guard [.optimizer, .gradients].contains(step.spec.sharding.states) else { return nil }
    return replicas.exchange(
      .allGather, weights(step.memory.ranks[rank].parameters), rank: rank)
  }

  /// Adds an exchange of a rank's replicas; it takes no time if nothing is sent.
  private mutating func addExchange(
    _ kind: OperationKind, _ transfer: Transfer?, rank: Int, inputs: [OperationID]
  ) -> OperationID {
    add(
      kind, .communication, rank: rank,
      transfer.map { kind.sends(program.add($0)) } ?? .takes(.zero, variant: nil),
      inputs: inputs)
  }

  private mutating func add(
    _ kind: OperationKind, _ stream: RankStream, rank: Int, _ effort: StreamOperation.Effort,
    inputs: [OperationID]
  ) -> OperationID {
    program.add(
      OperationLabel(kind: kind, isForward: false, cell: nil), stream, rank: rank, effort,
      inputs: inputs)
  }

  private var counts: ReplicaCounts { ReplicaCounts(spec: step.spec, plan: plan) }

  private func updateTime(_ rank: Int) -> SimDuration {
    let parameters = step.memory.ranks[rank].parameters
    return costs.optimizerTime(
      parameters: step.spec.sharding.states == .none ? parameters.total : parameters.shard,
      narrow: parameters.narrow, precision: step.spec.precision)
  }
}
