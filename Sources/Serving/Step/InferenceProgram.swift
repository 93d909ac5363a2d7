// An inference step as operations on the streams of the GPUs that are simulated, all of one rank.

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

  /// Why it sends; nil where it does not.
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

/// A whole step. A GPU has a stream for computation and one for the exchanges, or for those of each
/// microbatch.
struct InferenceProgram {
  private(set) var program: LabelledProgram<StepLabel>
  /// Whether exchanges hold multiprocessors, and then queue on one stream.
  private let exchangesHoldSMs: Bool
  /// The level of `Representatives` on which GPUs exchange.
  static let exchangeLevel: UInt8 = 1

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

  /// Appends a computation to its stream and returns its index.
  ///
  /// - Parameter variant: number among the durations of members that differ in it, or -1.
  mutating func add(
    _ kind: StepOperationKind, microbatch: Int = 0, _ time: ComputeTime, variant: Int32 = -1,
    inputs: [Int]
  ) -> Int {
    program.add(
      StepLabel(kind: kind, microbatch: microbatch),
      StreamOperation(rank: 0, stream: 0, time: time, variant: variant),
      inputs: inputs.map { Int32($0) })
  }

  /// Appends an exchange to its stream and returns its index. All GPUs start a dispatch together;
  /// a combine sends as soon as a GPU's own experts are done.
  ///
  /// - Parameters:
  ///   - transfer: index of what it sends.
  ///   - variant: number among the shares of members that differ in it, or -1.
  mutating func add(
    _ kind: StepOperationKind, microbatch: Int = 0, sending transfer: Int32, variant: Int32 = -1,
    inputs: [Int]
  ) -> Int {
    let stream = 1 + min(microbatch, streams.streamsPerRank - 2)
    return program.add(
      StepLabel(kind: kind, microbatch: microbatch),
      StreamOperation(
        rank: 0, stream: UInt8(stream), holdsSMs: exchangesHoldSMs, level: Self.exchangeLevel,
        startsTogether: kind == .dispatch, time: .zero, transfer: transfer, variant: variant),
      inputs: inputs.map { Int32($0) })
  }

  /// Notes what exchanges may send and returns its index.
  mutating func add(_ transfer: Transfer) -> Int32 { program.add(transfer) }
}
