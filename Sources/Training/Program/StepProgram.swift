// A compiled training step: what the machine runs, and beside it what each operation means.

import Execution
import Recording
import Schedules
import Units

/// A queue of operations on one rank that run one after the other.
public enum Stream: Int, CaseIterable, Sendable {
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
public enum OperationKind: UInt8, CaseIterable, Sendable {
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

  /// Why it sends; nil where it does not.
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

  /// Whom it takes place between.
  var level: MeetingLevel {
    switch self {
    case .dispatch, .combine: .expertGroup
    case .gradientReduction, .parameterGather: .rank
    case .tensorGather, .tensorScatter, .tensorSum: .tensorGroup
    // A step of the ring starts when all are there, tensor groups of one place as a whole.
    case .contextExchange, .contextGather, .contextScatter: .sequenceGroup
    default: .nobody
    }
  }
}

/// The GPUs of a rank that an operation takes place between: a level of `Representatives`.
enum MeetingLevel: UInt8 {
  case nobody
  case tensorGroup
  /// GPUs that share sequences, and tensors too.
  case sequenceGroup
  case expertGroup
  case rank
}

extension ParallelLayout {
  /// Neighbouring GPUs that meet, in the order of `MeetingLevel`.
  var groupSizes: [Int] { [tensor, sharding.gpus, expert, gpusPerRank] }
}

/// What an operation of a step is.
struct OperationLabel: Sendable {
  var kind: OperationKind
  /// Whether it runs forward, for bars of a timeline.
  var isForward: Bool
  /// Index into `StepProgram.cells`, or -1 for the optimizer's operations.
  var cell: Int32
}

/// One cell of the schedule as it lies in the program.
struct ProgramCell {
  var rank: Int
  var cell: Cell
  /// The first and the last operation on the compute stream.
  var firstCompute: Int
  var lastCompute: Int
}

/// A whole step.
struct StepProgram {
  /// The operations with what each of them is.
  private(set) var program: LabelledProgram<OperationLabel>
  private(set) var cells: [ProgramCell] = []

  init(rankCount: Int, representatives: Representatives = .one(levels: 4)) {
    program = LabelledProgram(
      rankCount: rankCount, streamsPerRank: Stream.allCases.count, representatives: representatives)
  }

  /// What the machine runs.
  var streams: StreamProgram { program.streams }
  var labels: [OperationLabel] { program.labels }
  var rankCount: Int { program.rankCount }
  var operations: [StreamOperation] { program.operations }
  var inputs: [[Int32]] { program.inputs }
  var transfers: [Transfer] { program.transfers }

  /// Appends an operation to its stream and returns its index.
  ///
  /// - Parameters:
  ///   - time: how long it takes if it sends nothing.
  ///   - transfer: index of what it sends, or -1.
  ///   - variant: number among `ExpertVariants` of experts or an exchange that differ between GPUs,
  ///     or -1.
  mutating func add(
    _ label: OperationLabel, _ stream: Stream, rank: Int, time: ComputeTime,
    transfer: Int32 = -1, variant: Int32 = -1, inputs: [Int32]
  ) -> Int {
    program.add(
      label,
      StreamOperation(
        rank: Int32(rank), stream: UInt8(stream.rawValue), holdsSMs: label.kind.holdsSMs,
        level: label.kind.level.rawValue, time: time, transfer: transfer, variant: variant),
      inputs: inputs)
  }

  /// Notes what operations may send and returns its index.
  mutating func add(_ transfer: Transfer) -> Int32 { program.add(transfer) }

  mutating func add(_ cell: ProgramCell) { cells.append(cell) }

  /// Lets an operation wait for one more.
  mutating func require(_ input: Int, before operation: Int) {
    program.require(input, before: operation)
  }

  /// The operations of one stream of one rank in order.
  func stream(_ stream: Stream, rank: Int) -> [Int32] {
    streams.stream(stream.rawValue, rank: rank)
  }
}
