// A compiled training step: the program for the machine, with a label for each operation.

import Execution
import ModelCost
import Recording
import Schedules
import Units

/// A queue of operations on one rank that run one after another.
package enum RankStream: Int, CaseIterable, Sendable {
  case compute
  case communication
  /// Pipeline transfers to the next rank and to the previous one, through opposite ports.
  case sendDown = 2
  case sendUp = 3
  /// Collectives of the rank's tensor group, and the ring of its context group.
  case tensor = 4
  case context = 5
  /// Gathers of sharded parameters, and reductions of their gradients, during cells.
  case unitGather = 6
  case unitReduction = 7
  /// The link to the host in both directions, and the host.
  case toHost = 8
  case host = 9
  case fromHost = 10
  /// The host's launches of kernels.
  case launch = 11
}

/// What an operation does.
package enum OperationKind: UInt8, CaseIterable, Sendable {
  case attention
  case feedForward
  case experts
  case residual
  case dispatch
  case combine
  case send
  case gradientReduction
  case optimizerUpdate
  case parameterGather
  /// The same for one unit of a model whose states are sharded, beside computation.
  case unitReduction
  case unitGather
  /// Gradients or states of the optimizer on their way to host memory, their update there, and
  /// weights or states on their way back.
  case hostDownload
  case hostUpdate
  case hostUpload
  /// Collectives of a tensor group: all-gather, reduce-scatter, all-reduce.
  case tensorGather
  case tensorScatter
  case tensorSum
  /// Transfer of keys and values, or their gradients, to the next GPU of a context group.
  case contextExchange
  /// All-gather of keys and values before attention, and the sum of their gradients after it.
  case contextGather
  case contextScatter
  /// Rows of experts and their results between the GPUs that share the experts' widths.
  case expertGather
  case expertScatter
  /// Heads for tokens, or back, between the GPUs of a context group.
  case headExchange
  /// The sum of the gradients of a matrix that several ranks hold.
  case copySum
  /// The wait of an exchange for GPUs that are slower by chance.
  case jitter
  /// The host launches kernels, or reads a result of the GPU.
  case launch
  case synchronisation

  /// Whether it is a collective of the GPUs that share tensors.
  var isTensorCollective: Bool { traffic == .tensor }

  /// Whether it takes multiprocessors and memory bandwidth from computation.
  var sharesGPU: Bool { self == .dispatch || self == .combine }

  /// Whether it is an exchange in a cell.
  var isInCells: Bool {
    switch self {
    case .unitReduction, .unitGather: true
    default: traffic?.isInCells ?? false
    }
  }

  /// The purpose of its traffic; nil if it does not send.
  var traffic: TrafficKind? {
    switch self {
    case .dispatch: .dispatch
    case .combine: .combine
    case .send: .pipeline
    case .gradientReduction, .unitReduction, .copySum: .gradients
    case .parameterGather, .unitGather: .parameters
    case .tensorGather, .tensorScatter, .tensorSum, .expertGather, .expertScatter: .tensor
    case .contextExchange, .contextGather, .contextScatter, .headExchange: .context
    case .attention, .feedForward, .experts, .residual, .optimizerUpdate, .hostDownload,
      .hostUpdate, .hostUpload, .jitter, .launch, .synchronisation:
      nil
    }
  }

  /// The level of the group that exchanges it; nil for operations of a single GPU.
  private var level: GroupLevel? {
    switch self {
    case .dispatch, .combine: .expertGroup
    case .gradientReduction, .parameterGather, .unitReduction, .unitGather, .copySum: .rank
    case .expertGather, .expertScatter: .expertTensorGroup
    case .tensorGather, .tensorScatter, .tensorSum: .tensorGroup
    // A step of the ring starts when all have arrived; tensor groups with the same index count as a
    // whole.
    case .contextExchange, .contextGather, .contextScatter, .headExchange: .sequenceGroup
    case .attention, .feedForward, .experts, .residual, .send, .optimizerUpdate, .hostDownload,
      .hostUpdate, .hostUpload, .jitter, .launch, .synchronisation:
      nil
    }
  }

  /// The effort of sending a transfer with this purpose.
  func sends(
    _ transfer: TransferID, variant: MemberShares.Variant? = nil
  ) -> StreamOperation.Effort {
    .sends(
      StreamOperation.Sending(
        transfer, variant: variant, rendezvous: level.map { Rendezvous(level: $0.rawValue) }))
  }
}

/// The GPUs of a rank that exchange with each other: a level of `Representatives`.
enum GroupLevel: Int {
  case tensorGroup
  /// GPUs that share sequences, and also tensors.
  case sequenceGroup
  /// GPUs that hold the experts of a layer together.
  case expertGroup
  case rank
  /// GPUs that share the widths of experts.
  case expertTensorGroup
}

extension ParallelLayout {
  /// GPUs that wait for each other at a barrier. A cell waits for those of two ranks that work on
  /// the same data.
  func gpus(meetingAt level: BarrierLevel) -> Int {
    switch level {
    case .tensor: tensor
    case .expertTensor: sharding.expertTensor
    case .sequence: sharding.gpus
    case .experts: expertGPUs
    case .neighbours: pipeline > 1 ? min(gpuCount, 2 * max(expertGPUs, sharding.gpus)) : 1
    case .all: gpuCount
    }
  }

  /// Sizes of the groups of neighbouring GPUs that exchange, in the order of `GroupLevel`.
  var groupSizes: [Int] {
    [
      firstGroup(.tensor), attentionGrid.members(of: 0, along: [0, 1]),
      firstGroup(.expertTensorExpert), attentionGrid.members(of: 0, along: [0, 1, 2]),
      firstGroup(.expertTensor),
    ].map(\.count)
  }
}

/// The meaning of an operation of a step.
struct OperationLabel: Sendable {
  /// The cell to which it belongs; nil for transfers between stages and operations of the
  /// optimizer.
  let cell: CellID?
  let kind: OperationKind
  /// Whether it belongs to a forward pass, for bars of a timeline.
  let isForward: Bool

  init(kind: OperationKind, isForward: Bool, cell: CellID?) {
    self.cell = cell
    self.kind = kind
    self.isForward = isForward
  }
}

/// A cell of a `StepProgram`.
typealias CellID = ID<ProgramCell>

/// One cell of the schedule in the program.
struct ProgramCell {
  var rank: Int
  var cell: Cell
  /// The first and the last operation on the compute stream.
  var firstCompute: OperationID
  var lastCompute: OperationID
  /// How long its results wait for slower neighbours before they are sent on.
  var wait = SimDuration.zero
}

/// A whole step.
struct StepProgram {
  private var program: LabelledProgram<OperationLabel>
  private(set) var cells: [ProgramCell] = []

  init(rankCount: Int, representatives: Representatives = .one(levels: 5)) {
    program = LabelledProgram(
      rankCount: rankCount, streamsPerRank: RankStream.allCases.count,
      representatives: representatives)
  }

  /// The program for the machine.
  var streams: StreamProgram { program.streams }
  var labels: [OperationLabel] { program.labels }
  var rankCount: Int { program.rankCount }
  var operations: [StreamOperation] { program.operations }

  subscript(cell: CellID) -> ProgramCell { cells[cell.index] }

  /// The label of an operation.
  subscript(label operation: OperationID) -> OperationLabel { program[label: operation] }

  /// The operations that an operation waits for.
  func inputs(of operation: OperationID) -> [OperationID] { program.inputs(of: operation) }

  /// Appends an operation to its stream.
  mutating func add(
    _ label: OperationLabel, _ stream: RankStream, rank: Int, _ effort: StreamOperation.Effort,
    inputs: [OperationID]
  ) -> OperationID {
    program.add(
      label,
      StreamOperation(
        rank: rank, stream: stream.rawValue, sharesGPU: label.kind.sharesGPU, effort),
      inputs: inputs)
  }

  /// Registers a transfer for operations to send.
  mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }

  mutating func add(_ cell: ProgramCell) { cells.append(cell) }

  /// Makes an operation wait for another one.
  mutating func require(_ input: OperationID, before operation: OperationID) {
    program.require(input, before: operation)
  }

  /// The operations of one stream of one rank in order.
  func stream(_ stream: RankStream, rank: Int) -> [OperationID] {
    streams.stream(stream.rawValue, rank: rank)
  }
}
