// A compiled training step: what the machine runs, and beside it what each operation means.

import Execution
import Recording
import Schedules
import Units

/// A queue of operations on one rank that run one after the other.
package enum RankStream: Int, CaseIterable, Sendable {
  case compute
  case communication
  /// Pipeline transfers to the next rank and to the previous one: opposite ports.
  case sendDown = 2
  case sendUp = 3
  /// Collectives of the rank's tensor group, and the ring of its context group.
  case tensor = 4
  case context = 5
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
  /// Collectives of a tensor group: all-gather, reduce-scatter, all-reduce.
  case tensorGather
  case tensorScatter
  case tensorSum
  /// Keys and values, or their gradients, to the next GPU of a context group.
  case contextExchange
  /// All of them before attention, and the sums of their gradients after it.
  case contextGather
  case contextScatter

  /// Whether it is a collective of a tensor group.
  var isTensorCollective: Bool {
    self == .tensorGather || self == .tensorScatter || self == .tensorSum
  }

  /// Whether it holds streaming multiprocessors that computation then lacks.
  var holdsSMs: Bool { self == .dispatch || self == .combine }

  /// Why it sends; nil if it does not.
  var traffic: TrafficKind? {
    switch self {
    case .dispatch: .dispatch
    case .combine: .combine
    case .send: .pipeline
    case .gradientReduction: .gradients
    case .parameterGather: .parameters
    case .tensorGather, .tensorScatter, .tensorSum: .tensor
    case .contextExchange, .contextGather, .contextScatter: .context
    case .attention, .feedForward, .experts, .residual, .optimizerUpdate: nil
    }
  }

  /// The group that exchanges it; nil for what a GPU sends or computes for itself.
  private var level: GroupLevel? {
    switch self {
    case .dispatch, .combine: .expertGroup
    case .gradientReduction, .parameterGather: .rank
    case .tensorGather, .tensorScatter, .tensorSum: .tensorGroup
    // A step of the ring starts when all have arrived, tensor groups of one place as a whole.
    case .contextExchange, .contextGather, .contextScatter: .sequenceGroup
    case .attention, .feedForward, .experts, .residual, .send, .optimizerUpdate: nil
    }
  }

  /// The effort of sending a transfer for this purpose.
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
  /// GPUs that share sequences, and tensors too.
  case sequenceGroup
  case expertGroup
  case rank
}

extension ParallelLayout {
  /// Neighbouring GPUs that exchange, in the order of `GroupLevel`.
  var groupSizes: [Int] { [tensor, sharding.gpus, expert, gpusPerRank] }
}

/// What an operation of a step is.
struct OperationLabel: Sendable {
  /// The cell that it is part of; nil for transfers between stages and the optimizer's operations.
  let cell: CellID?
  let kind: OperationKind
  /// Whether it runs forward, for bars of a timeline.
  let isForward: Bool

  init(kind: OperationKind, isForward: Bool, cell: CellID?) {
    self.cell = cell
    self.kind = kind
    self.isForward = isForward
  }
}

/// A cell of a `StepProgram`.
typealias CellID = ID<ProgramCell>

/// One cell of the schedule as it lies in the program.
struct ProgramCell {
  var rank: Int
  var cell: Cell
  /// The first and the last operation on the compute stream.
  var firstCompute: OperationID
  var lastCompute: OperationID
}

/// A whole step.
struct StepProgram {
  private var program: LabelledProgram<OperationLabel>
  private(set) var cells: [ProgramCell] = []

  init(rankCount: Int, representatives: Representatives = .one(levels: 4)) {
    program = LabelledProgram(
      rankCount: rankCount, streamsPerRank: RankStream.allCases.count,
      representatives: representatives)
  }

  /// What the machine runs.
  var streams: StreamProgram { program.streams }
  var labels: [OperationLabel] { program.labels }
  var rankCount: Int { program.rankCount }
  var operations: [StreamOperation] { program.operations }

  subscript(cell: CellID) -> ProgramCell { cells[cell.index] }

  /// What an operation is.
  subscript(label operation: OperationID) -> OperationLabel { program[label: operation] }

  /// What an operation waits for.
  func inputs(of operation: OperationID) -> [OperationID] { program.inputs(of: operation) }

  /// Appends an operation to its stream.
  mutating func add(
    _ label: OperationLabel, _ stream: RankStream, rank: Int, _ effort: StreamOperation.Effort,
    inputs: [OperationID]
  ) -> OperationID {
    program.add(
      label,
      StreamOperation(
        rank: rank, stream: stream.rawValue, holdsSMs: label.kind.holdsSMs, effort),
      inputs: inputs)
  }

  /// Notes what operations may send.
  mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }

  mutating func add(_ cell: ProgramCell) { cells.append(cell) }

  /// Makes an operation wait for one more.
  mutating func require(_ input: OperationID, before operation: OperationID) {
    program.require(input, before: operation)
  }

  /// The operations of one stream of one rank in order.
  func stream(_ stream: RankStream, rank: Int) -> [OperationID] {
    streams.stream(stream.rawValue, rank: rank)
  }
}
