// An inference step as operations on the streams of the GPUs that are simulated, all in one rank.

import Execution
import Recording
import Units

/// What an operation does.
enum StepOperationKind: String, CaseIterable {
  /// What leads to a dispatch, or lies around the layers.
  case attention
  case shared
  case experts
  case dispatch
  case combine
  case head

  var isExchange: Bool { traffic != nil }

  /// Why it sends; nil if it does not.
  var traffic: TrafficKind? {
    switch self {
    case .dispatch: .dispatch
    case .combine: .combine
    default: nil
    }
  }
}

/// What an operation of a step is.
struct StepLabel: Sendable {
  var kind: StepOperationKind
  /// The part of the batch that it belongs to, from 0.
  var microbatch: Int
}

/// A whole step. A GPU has a stream for computation and one for exchanges, or one for the exchanges
/// of each microbatch.
struct InferenceProgram {
  private var program: LabelledProgram<StepLabel>
  /// Whether exchanges hold multiprocessors, and then queue on one stream.
  private let exchangesHoldSMs: Bool
  /// The level of `Representatives` on which GPUs exchange.
  static let exchangeLevel = 0

  /// - Parameter exchangeStreams: low-latency kernels only start messages, so microbatches have a
  ///   stream of exchanges each; normal kernels run one after the other.
  init(
    exchangeStreams: Int, exchangesHoldSMs: Bool,
    representatives: Representatives = .one(levels: 1)
  ) {
    self.exchangesHoldSMs = exchangesHoldSMs
    program = LabelledProgram(
      rankCount: 1, streamsPerRank: 1 + exchangeStreams, representatives: representatives)
  }

  /// What the machine runs.
  var streams: StreamProgram { program.streams }
  var labels: [StepLabel] { program.labels }
  var operations: [StreamOperation] { program.operations }

  /// What an operation is.
  subscript(label operation: OperationID) -> StepLabel { program[label: operation] }

  /// What an operation waits for.
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

  /// Appends an exchange to its stream. All GPUs start a dispatch together; a combine sends as soon
  /// as a GPU's own experts are done.
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
        holdsSMs: exchangesHoldSMs, .sends(sending)),
      inputs: inputs)
  }

  /// Notes what exchanges may send.
  mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }
}
