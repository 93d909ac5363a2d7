// A compiled training step: operations of every rank on its streams, in flat arrays.
//
// An operation starts when its stream reaches it and all its inputs are there. Nothing else decides
// time; the schedule has only given the order.

import Schedules
import Units

/// A queue of operations on one rank that run one after the other.
public enum Stream: Int, CaseIterable, Sendable {
  case compute
  case communication
  /// Pipeline transfers to the next rank and to the previous one: opposite ports.
  case sendDown = 2
  case sendUp = 3
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
  /// What a GPU computes for its experts above the mean of its expert group.
  case expertExcess
  /// A combine that is ready and waits for the slowest GPU of the expert group.
  case expertWait

  /// Whether it holds streaming multiprocessors that computation then lacks.
  var holdsSMs: Bool { self == .dispatch || self == .combine || self == .expertWait }
}

/// One operation of a program.
struct Operation {
  var rank: Int32
  var stream: UInt8
  var kind: OperationKind
  /// Whether it runs forward, for bars of a timeline.
  var isForward: Bool
  /// Index into `StepProgram.cells`, or -1 for the optimizer's operations.
  var cell: Int32
  /// Duration with all SMs, and beside a kernel that holds the communication SMs.
  var alone: Int64
  var besideCommunication: Int64
  /// Index into `StepProgram.transfers` of what it sends over links, or -1.
  var transfer: Int32 = -1
  /// `ExpertDurations.code` of experts whose time differs between replicas, or -1.
  var experts: Int32 = -1
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
  let rankCount: Int
  private(set) var operations: [Operation] = []
  private(set) var cells: [ProgramCell] = []
  /// What operations send, each distinct one once.
  private(set) var transfers: [Transfer] = []
  private(set) var inputs: [[Int32]] = []
  /// Operations of a stream in order, at index rank x 4 + stream.
  private(set) var streams: [[Int32]]

  init(rankCount: Int) {
    self.rankCount = rankCount
    streams = Array(repeating: [], count: rankCount * Stream.allCases.count)
  }

  /// Appends an operation to its stream and returns its index.
  mutating func add(_ operation: Operation, inputs needed: [Int32]) -> Int {
    operations.append(operation)
    inputs.append(needed)
    let stream = Int(operation.rank) * Stream.allCases.count + Int(operation.stream)
    streams[stream].append(Int32(operations.count - 1))
    return operations.count - 1
  }

  /// Notes what operations may send and returns its index.
  mutating func add(_ transfer: Transfer) -> Int32 {
    transfers.append(transfer)
    return Int32(transfers.count - 1)
  }

  mutating func add(_ cell: ProgramCell) { cells.append(cell) }

  /// Lets an operation wait for one more.
  mutating func require(_ input: Int, before operation: Int) {
    inputs[operation].append(Int32(input))
  }

  /// The operations of one stream of one rank in order.
  func stream(_ stream: Stream, rank: Int) -> [Int32] {
    streams[rank * Stream.allCases.count + stream.rawValue]
  }
}
