// The exchanges of replicas, and the update of the optimizer.
//
// Gradients that no cell has reduced are reduced after a rank's last cell. The update waits for all
// ranks, because gradient clipping needs the norm over all parameters. The all-gather of parameters
// comes last.

import Cluster
import Execution
import ModelCost
import Units

extension StepCompiler {
  /// The exchanges of a rank's units during cells; nil if there are none.
  func units(rank: Int, _ program: inout StepProgram) -> UnitTransfers? {
    let sharding = step.spec.sharding
    guard sharding.reducesInCells else { return nil }
    let replicas = replicas
    func transfers(
      _ operation: CollectiveOperation, _ bytes: (ShardedParameters) -> ExchangedBytes,
      withMatrix: (LayerKind) -> Bool
    ) -> UnitTransfers.ByKind {
      UnitTransfers.ByKind { kind in
        let cost = costs[kind]
        let unit = withMatrix(kind) ? cost.unitParameters : cost.unitWithoutMatrix
        return replicas.exchange(operation, bytes(unit), rank: rank).map { program.add($0) }
      }
    }
    func gathers(isForward: Bool) -> UnitTransfers.ByKind {
      let other = step.unitWithoutMatrix(rank: rank, isForward: isForward)
      return transfers(.allGather, weights) { $0 != other }
    }
    let operation: CollectiveOperation = sharding.states == .none ? .allReduce : .reduceScatter
    let gathersAny = sharding.states == .parameters
    return UnitTransfers(
      gathers: gathersAny ? gathers(isForward: true) : nil,
      gathersAgain: gathersAny && sharding.reshards ? gathers(isForward: false) : nil,
      prefetches: sharding.prefetches,
      reductions: transfers(operation, gradients) { _ in true },
      reductionsWithoutMatrix: transfers(operation, gradients) { _ in false },
      reducesOnce: !sharding.reducesEveryMicrobatch)
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

  /// Adds the sums of the gradients of matrices that several ranks hold: the embedding of an MTP
  /// module, a tied head.
  mutating func sumCopies() {
    for copies in step.copies {
      for rank in copies.ranks {
        _ = add(
          .copySum, .communication, rank: rank,
          OperationKind.copySum.sends(program.add(transfers.copySum(copies, rank: rank))),
          inputs: copies.ranks.compactMap { other in
            program.cells.last { $0.rank == other }?.lastCompute
          })
      }
    }
  }

  mutating func addOptimizer() {
    let ranks = plan.sizes.ranks
    var lastCompute = [OperationID](repeating: OperationID(0), count: ranks)
    for cell in program.cells { lastCompute[cell.rank] = cell.lastCompute }
    var reductions: [OperationID] = []
    for rank in 0..<ranks {
      // With two copies of the weights, the partner's gradients are part of the sum.
      let partners = plan.weightCopies > 1 ? [rank, ranks - 1 - rank] : [rank]
      var inputs = partners.map { lastCompute[$0] }
      if rank < lastWaits.count, lastWaits[rank] > .zero {
        inputs = [
          addTimed(.jitter, .communication, rank: rank, lastWaits[rank], inputs: inputs)
        ]
      }
      reductions.append(
        addExchange(
          .gradientReduction, gradientSum(rank), rank: rank,
          inputs: inputs + program.stream(.unitReduction, rank: rank).suffix(1)))
    }
    for rank in 0..<ranks {
      let host = addOffload(rank, reductions)
      let update = addTimed(
        .optimizerUpdate, .compute, rank: rank, updateTime(rank),
        inputs: launches(rank, after: reductions) + host.before)
      _ = addExchange(
        .parameterGather, parameterGather(rank), rank: rank, inputs: [update] + host.after)
    }
  }

  /// Adds what the host does before the update: it reads data, writes logs and launches; returns
  /// what the update waits for.
  private mutating func launches(_ rank: Int, after reductions: [OperationID]) -> [OperationID] {
    let seconds = costs.host.optimizerLaunches + costs.host.stepWork
    guard seconds > 0 else { return reductions }
    return [
      addTimed(
        .launch, .launch, rank: rank, SimDuration(seconds: seconds), inputs: reductions)
    ]
  }

  /// Adds the movements of states that lie in host memory; the operations that the GPU's update
  /// waits for, and those that the gather of parameters waits for.
  private mutating func addOffload(
    _ rank: Int, _ reductions: [OperationID]
  ) -> (before: [OperationID], after: [OperationID]) {
    guard let offload = step.spec.offload else { return ([], []) }
    let chunks = offload.chunks(parameters: updatedParameters(rank), step.spec.precision)
    var last: [OperationID] = []
    for chunk in chunks {
      // States that the GPU updates have left beside the step's first forwards.
      let down = addTimed(
        .hostDownload, .toHost, rank: rank, chunk.down,
        inputs: offload.updater == .host ? reductions : [])
      let update = addTimed(.hostUpdate, .host, rank: rank, chunk.update, inputs: [down])
      last = [
        addTimed(
          .hostUpload, .fromHost, rank: rank, chunk.up,
          inputs: [update] + (offload.updater == .host ? [] : reductions))
      ]
    }
    return offload.updater == .host ? ([], last) : (last, [])
  }

  /// Adds an operation that takes a time.
  private mutating func addTimed(
    _ kind: OperationKind, _ stream: RankStream, rank: Int, _ time: SimDuration,
    inputs: [OperationID]
  ) -> OperationID {
    add(kind, stream, rank: rank, .takes(ComputeTime(time), variant: nil), inputs: inputs)
  }

  /// What the last reduction of a rank's gradients sends: all of them, or what reductions during
  /// the cells have left; nil if nothing.
  private func gradientSum(_ rank: Int) -> Transfer? {
    let memory = step.memory.ranks[rank]
    let sharding = step.spec.sharding
    let others =
      replicas.duplicateSum(
        memory, copies: step.model.keyValueCopies(step.spec.layout.tensor), bytes: reductionBytes,
        rank: rank)
      + replicas.shardSum(
        ExchangedBytes(gradientShards: memory.parameters, bytes: reductionBytes), rank: rank)
    guard !sharding.reducesInCells else {
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

  /// Parameters whose states a GPU updates.
  private func updatedParameters(_ rank: Int) -> Double {
    let parameters = step.memory.ranks[rank].parameters
    return step.spec.sharding.states == .none ? parameters.total : parameters.shard
  }

  private func updateTime(_ rank: Int) -> SimDuration {
    let offload = step.spec.offload
    let onHost = offload?.updater == .host ? offload?.share ?? 0 : 0
    return costs.optimizerTime(
      parameters: updatedParameters(rank) * (1 - onHost),
      narrow: step.memory.ranks[rank].parameters.narrow, precision: step.spec.precision)
  }
}
