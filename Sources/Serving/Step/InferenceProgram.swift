// An inference step as operations on the streams of the simulated GPUs. A stage of the layout is a
// rank.

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
  /// A collective of a tensor group.
  case tensor
  /// Hidden states on their way to the next stage.
  case stage
  /// What the host does beside the GPU, and then while the GPU waits.
  case scheduler
  case host

  var isExchange: Bool { traffic != nil }

  /// The purpose of its traffic; nil if it does not send.
  var traffic: TrafficKind? {
    switch self {
    case .dispatch: .dispatch
    case .combine: .combine
    case .tensor: .tensor
    case .stage: .pipeline
    default: nil
    }
  }
}

/// The meaning of an operation of a step.
struct StepLabel: Sendable {
  var kind: StepOperationKind
  /// The part of the batch to which it belongs, from 0.
  var microbatch: Int
  /// The collective that it is, if it is one.
  var collective: StepCollective.Purpose?
}

/// A whole step. A GPU has one stream for computation, and either one stream for all exchanges or
/// one for the exchanges of each microbatch.
struct InferenceProgram {
  private var program: LabelledProgram<StepLabel>
  /// The levels of `Representatives` on which GPUs meet: those of a stage, those of an attention
  /// group.
  static let exchangeLevel = 0
  static let tensorLevel = 1

  /// - Parameter exchangeStreams: number of streams for exchanges. Low-latency kernels only start
  ///   messages, so each microbatch has its own; normal kernels run one after another.
  init(
    stages: Int = 1, exchangeStreams: Int, representatives: Representatives = .one(levels: 1)
  ) {
    program = LabelledProgram(
      rankCount: stages, streamsPerRank: 2 + exchangeStreams, representatives: representatives)
  }

  /// The program for the machine.
  var streams: StreamProgram { program.streams }
  var labels: [StepLabel] { program.labels }
  var operations: [StreamOperation] { program.operations }

  /// The label of an operation.
  subscript(label operation: OperationID) -> StepLabel { program[label: operation] }

  /// The operations that an operation waits for.
  func inputs(of operation: OperationID) -> [OperationID] { program.inputs(of: operation) }

  /// Appends a computation to the stream of a stage.
  mutating func add(
    _ kind: StepOperationKind, stage: Int = 0, microbatch: Int = 0, _ time: ComputeTime,
    variant: MemberDurations.Variant? = nil, inputs: [OperationID]
  ) -> OperationID {
    program.add(
      StepLabel(kind: kind, microbatch: microbatch),
      StreamOperation(rank: stage, stream: 0, .takes(time, variant: variant)), inputs: inputs)
  }

  /// Appends an exchange of tokens to its stream. All GPUs start a dispatch together; a GPU starts
  /// its combine as soon as its own experts are done.
  mutating func add(
    _ kind: StepOperationKind, stage: Int = 0, microbatch: Int = 0, sending transfer: TransferID,
    variant: MemberShares.Variant? = nil, inputs: [OperationID]
  ) -> OperationID {
    let rendezvous = Rendezvous(level: Self.exchangeLevel, startsTogether: kind == .dispatch)
    return add(
      StepLabel(kind: kind, microbatch: microbatch), stage: stage, sharesGPU: true,
      StreamOperation.Sending(transfer, variant: variant, rendezvous: rendezvous), inputs: inputs)
  }

  /// Appends a collective to the stream of exchanges.
  mutating func add(
    _ collective: StepCollective, stage: Int, microbatch: Int, sending transfer: TransferID,
    inputs: [OperationID]
  ) -> OperationID {
    let kind: StepOperationKind =
      switch collective.purpose {
      case .tokenGather: .dispatch
      case .resultScatter: .combine
      default: .tensor
      }
    let level = collective.group == .tensor ? Self.tensorLevel : Self.exchangeLevel
    let rendezvous = Rendezvous(level: level, startsTogether: kind != .combine)
    return add(
      StepLabel(kind: kind, microbatch: microbatch, collective: collective.purpose), stage: stage,
      sharesGPU: false, StreamOperation.Sending(transfer, rendezvous: rendezvous), inputs: inputs)
  }

  /// Appends the sending of hidden states to the next stage.
  mutating func add(
    hop transfer: TransferID, from stage: Int, microbatch: Int, inputs: [OperationID]
  ) -> OperationID {
    add(
      StepLabel(kind: .stage, microbatch: microbatch), stage: stage, sharesGPU: false,
      StreamOperation.Sending(transfer), inputs: inputs)
  }

  private mutating func add(
    _ label: StepLabel, stage: Int, sharesGPU: Bool, _ sending: StreamOperation.Sending,
    inputs: [OperationID]
  ) -> OperationID {
    program.add(
      label,
      StreamOperation(
        rank: stage, stream: 1 + min(label.microbatch, hostStream - 2),
        sharesGPU: sharesGPU, .sends(sending)),
      inputs: inputs)
  }

  /// The stream of each GPU's host.
  var hostStream: Int { streams.streamsPerRank - 1 }

  /// Appends what a host does beside its GPU's whole step.
  mutating func add(scheduler time: SimDuration, stage: Int) -> OperationID {
    program.add(
      StepLabel(kind: .scheduler, microbatch: 0),
      StreamOperation(
        rank: stage, stream: hostStream, .takes(ComputeTime(time), variant: nil)), inputs: [])
  }

  /// Registers a transfer for exchanges to send.
  mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }
}
