// An inference step as operations on the streams of a few GPUs: one with the mean load of experts,
// one that is the fullest in every layer, and those with degraded ports. Exchanges need all, so
// these few stand for all.

import Execution
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

  var isExchange: Bool { self == .dispatch || self == .combine }
}

/// What an operation of a step is.
struct StepLabel {
  var kind: StepOperationKind
  /// The part of the batch that it belongs to, from 0.
  var microbatch: Int
}

/// A whole step. Each GPU is a rank with a stream for computation and one for the exchanges, or for
/// those of each microbatch.
struct InferenceProgram {
  /// What the machine runs.
  private(set) var streams: StreamProgram
  /// What each of its operations is.
  private(set) var labels: [StepLabel] = []
  /// GPUs whose ports are degraded.
  let slowGPUs: [Int]
  /// Whether exchanges hold multiprocessors, and then queue on one stream.
  private let exchangesHoldSMs: Bool

  /// - Parameter exchangeStreams: low-latency kernels only start messages, so microbatches have a
  ///   stream of exchanges each; normal kernels run one after the other.
  init(gpuCount: Int, exchangeStreams: Int, exchangesHoldSMs: Bool, slowGPUs: [Int] = []) {
    self.slowGPUs = slowGPUs
    self.exchangesHoldSMs = exchangesHoldSMs
    streams = StreamProgram(rankCount: gpuCount, streamsPerRank: 1 + exchangeStreams)
  }

  var gpuCount: Int { streams.rankCount }
  var operations: [StreamOperation] { streams.operations }

  /// Appends a computation to its stream and returns its index.
  mutating func add(
    _ kind: StepOperationKind, gpu: Int, microbatch: Int = 0, _ time: ComputeTime, inputs: [Int]
  ) -> Int {
    labels.append(StepLabel(kind: kind, microbatch: microbatch))
    return streams.add(
      StreamOperation(rank: Int32(gpu), stream: 0, time: time), inputs: inputs.map { Int32($0) })
  }

  /// Appends an exchange to its stream and returns its index.
  ///
  /// - Parameter transfer: index of what it sends.
  mutating func add(
    _ kind: StepOperationKind, gpu: Int, microbatch: Int = 0, sending transfer: Int32,
    inputs: [Int]
  ) -> Int {
    labels.append(StepLabel(kind: kind, microbatch: microbatch))
    let stream = 1 + min(microbatch, streams.streamsPerRank - 2)
    return streams.add(
      StreamOperation(
        rank: Int32(gpu), stream: UInt8(stream), holdsSMs: exchangesHoldSMs, time: .zero,
        transfer: transfer), inputs: inputs.map { Int32($0) })
  }

  /// Notes what exchanges may send and returns its index.
  mutating func add(_ transfer: Transfer) -> Int32 { streams.add(transfer) }
}
