// What one block costs one GPU for one microbatch: times of its parts, messages, bytes it keeps.

import Execution
import ModelCost
import Units

/// The costs of one kind of block.
struct BlockCost {
  private var compute: [ComputeTime] = Array(repeating: .zero, count: 12)
  private var groups = [PartExchanges](repeating: PartExchanges(), count: 12)
  /// Attention in steps, where GPUs share sequences.
  var ringForward: RingTimes?
  var ringBackward: RingTimes?
  /// Durations of the exchange with the experts, forward and backward; nil without experts.
  var exchange: ExchangeTime?
  /// Activations kept from forward to the end of W, bytes for one microbatch.
  var activationBytes = 0.0
  /// The part of them that lies with the rows of routed experts, under balanced loads.
  var rowActivationBytes = 0.0
  /// Parameters on this GPU outside routed experts.
  var replicatedParameters = 0.0
  /// Those of them that all GPUs of a tensor group have.
  var duplicatedParameters = 0.0
  /// Parameters of routed experts on this GPU.
  var expertParameters = 0.0

  /// Time of one part of one pass; zero where the block has no such part.
  subscript(part: LayerKernels.Part, pass: LayerKernels.Pass) -> ComputeTime {
    get { compute[Self.index(part, pass)] }
    set { compute[Self.index(part, pass)] = newValue }
  }

  /// What one part of one pass exchanges with the GPUs that share its tensors.
  subscript(exchanges part: LayerKernels.Part, pass: LayerKernels.Pass) -> PartExchanges {
    get { groups[Self.index(part, pass)] }
    set { groups[Self.index(part, pass)] = newValue }
  }

  /// Attention of a pass in steps; nil for weight gradients, and where nobody shares sequences.
  func ring(_ pass: LayerKernels.Pass) -> RingTimes? {
    switch pass {
    case .forward: ringForward
    case .backwardInput: ringBackward
    case .backwardWeight: nil
    }
  }

  /// Time of a whole pass.
  func time(_ pass: LayerKernels.Pass) -> ComputeTime {
    LayerKernels.Part.allCases.reduce(.zero) { sum, part in
      ComputeTime(
        alone: sum.alone + self[part, pass].alone,
        besideCommunication: sum.besideCommunication + self[part, pass].besideCommunication)
    }
  }

  private static func index(_ part: LayerKernels.Part, _ pass: LayerKernels.Pass) -> Int {
    let column: Int =
      switch part {
      case .attention: 0
      case .feedForward: 1
      case .experts: 2
      case .residual: 3
      }
    let row: Int =
      switch pass {
      case .forward: 0
      case .backwardInput: 1
      case .backwardWeight: 2
      }
    return row * 4 + column
  }
}

/// Durations of one layer's exchanges. The gradient of a combine travels as a dispatch and the
/// gradient of a dispatch as a combine.
struct ExchangeTime: Hashable {
  var dispatch: SimDuration
  var combine: SimDuration
}
