// An inference step as operations on the streams of the simulated GPUs, all in one rank.

import Execution
import Recording
import Units

/// What an operation does.
enum StepOperationKind: String, CaseIterable {
  /// Computation that precedes a dispatch or surrounds the layers.
  case attention
  case shared
  case experts
  case dispatch
  case combine
  case head

  var isExchange: Bool { traffic != nil }

  /// The purpose of its traffic; nil if it does not send.
  var traffic: TrafficKind? {
    switch self {
    case .dispatch: .dispatch
    case .combine: .combine
    default: nil
    }
  }
}

/// The meaning of an operation of a step.
struct StepLabel: Sendable {
  var kind: StepOperationKind
  /// The part of the batch to which it belongs, from 0.
  var microbatch: Int
}

/// A whole step. A GPU has one stream for computation, and either one stream for all exchanges or
/// one for the exchanges of each microbatch.
struct InferenceProgram {
  private var program: LabelledProgram<StepLabel>
  /// The level of `Representatives` on which GPUs exchange.
  static let exchangeLevel = 0

  /// - Parameter exchangeStreams: number of streams for exchanges. Low-latency kernels only start
  ///   messages, so each microbatch has its own; normal kernels run one after another.
  init(exchangeStreams: Int, representatives: Representatives = .one(levels: 1)) {
    program = LabelledProgram(
      rankCount: 1, streamsPerRank: 1 + exchangeStreams, representatives: representatives)
  }

  /// The program for the machine.
  var streams: StreamProgram { program.streams }
  var labels: [StepLabel] { program.labels }
  var operations: [StreamOperation] { program.operations }

  /// The label of an operation.
  subscript(label operation: OperationID) -> StepLabel { program[label: operation] }

  /// The operations that an operation waits for.
  func inputs(of operation: OperationID) -> [OperationID] { program.inputs(of: operation) }

  /// Appends a computation to its stream.
  mutating func add(
    _ kind: StepOperationKind, microbatch: Int = 0, _ time: ComputeTime,
    variant: MemberDurations.Variant? = nil, inputs: [OperationID]
  ) -> OperationID {
    program.add(
      StepLabel(kind: kind, microbatch: microbatch),
      StreamOperation(rank: 0, stream: 0, .takes(time, variant: variant)), inputs: inputs)
  }

  /// Appends an exchange to its stream. All GPUs start a dispatch together; a GPU starts its
  /// combine as soon as its own experts are done.
  mutating func add(
    _ kind: StepOperationKind, microbatch: Int = 0, sending transfer: TransferID,
    variant: MemberShares.Variant? = nil, inputs: [OperationID]
  ) -> OperationID {
    let rendezvous = Rendezvous(level: Self.exchangeLevel, startsTogether: kind == .dispatch)
    let sending = StreamOperation.Sending(transfer, variant: variant, rendezvous: rendezvous)
    return program.add(
      StepLabel(kind: kind, microbatch: microbatch),
      StreamOperation(
        rank: 0, stream: 1 + min(microbatch, streams.streamsPerRank - 2),
        sharesGPU: true, .sends(sending)),
      inputs: inputs)
  }

  /// Registers a transfer for exchanges to send.
  mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }
}
