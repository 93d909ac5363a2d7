// Costs of one block on one GPU for one microbatch: times of its parts, messages, bytes it keeps.

import Execution
import ModelCost
import Units

/// The costs of one kind of block.
struct BlockCost {
  /// One part of one pass.
  private struct PartCost {
    var time = ComputeTime.zero
    var spread = TimeSpread.zero
    var exchanges = PartExchanges()
    var pieces: PipelinedPart?
  }

  /// At pass x parts + part.
  private var parts = Array(
    repeating: PartCost(),
    count: LayerKernels.Pass.allCases.count * LayerKernels.Part.allCases.count)
  /// Attention in steps, if GPUs share sequences.
  var ringForward: RingTimes?
  var ringBackward: RingTimes?
  /// Durations of the exchange with the experts, forward and backward; nil without experts.
  var exchange: ExchangeTime?
  /// Activations kept from the forward to the end of W, bytes for one microbatch.
  var activationBytes = 0.0
  /// The part of them in rows of routed experts, under balanced loads.
  var rowActivationBytes = 0.0
  /// The part of them that is kept even if the block is recomputed as a whole.
  var inputBytes = 0.0
  /// What the recomputation of its feed-forward holds besides while its backward runs.
  var recomputedBytes = 0.0
  /// The part of it whose forward its backward runs again.
  var recomputed: RecomputedPart?
  /// What its backward runs again of a dense feed-forward.
  var again = FeedForwardAgain()
  /// What its host launches over what it launches for a dense layer, forward and backward.
  var launched = (forward: 1.0, backward: 1.0)
  /// Duration of the router, which such a forward includes.
  var routing = ComputeTime.zero
  /// Parameters on this GPU, without embedding and head.
  var parameters = ShardedParameters()
  /// The part of them that all GPUs of a tensor group hold.
  var duplicatedParameters = 0.0
  /// The part of them in key and value heads that several of these GPUs hold.
  var copiedParameters = 0.0
  /// Parameters that are gathered at once, of a model whose parameters are sharded: those above,
  /// and the embedding's or the head's.
  var unitParameters = ShardedParameters()
  /// The same without the matrix of embedding or head, which is part of another unit if both are
  /// one matrix.
  var unitWithoutMatrix = ShardedParameters()

  /// Duration of one part of one pass; zero if the block has no such part.
  subscript(part: LayerKernels.Part, pass: LayerKernels.Pass) -> ComputeTime {
    get { parts[Self.place(part, pass)].time }
    set { parts[Self.place(part, pass)].time = newValue }
  }

  /// How that duration differs between GPUs.
  subscript(spread part: LayerKernels.Part, pass: LayerKernels.Pass) -> TimeSpread {
    get { parts[Self.place(part, pass)].spread }
    set { parts[Self.place(part, pass)].spread = newValue }
  }

  /// The exchanges of one part of one pass with the GPUs that share its tensors.
  subscript(exchanges part: LayerKernels.Part, pass: LayerKernels.Pass) -> PartExchanges {
    get { parts[Self.place(part, pass)].exchanges }
    set { parts[Self.place(part, pass)].exchanges = newValue }
  }

  /// A part of a pass in pieces that overlap with the collectives of its tensor group; nil if none
  /// do.
  subscript(pieces part: LayerKernels.Part, pass: LayerKernels.Pass) -> PipelinedPart? {
    get { parts[Self.place(part, pass)].pieces }
    set { parts[Self.place(part, pass)].pieces = newValue }
  }

  /// Attention of a pass in steps; nil for weight gradients, and if GPUs share no sequences.
  func ring(_ pass: LayerKernels.Pass) -> RingTimes? {
    switch pass {
    case .forward: ringForward
    case .backwardInput: ringBackward
    case .backwardWeight: nil
    }
  }

  /// Duration of a whole pass.
  func time(_ pass: LayerKernels.Pass) -> ComputeTime {
    LayerKernels.Part.allCases.reduce(.zero) { $0 + self[$1, pass] }
  }

  /// The costs of a dense feed-forward as its backward runs it again.
  var recomputing: BlockCost {
    var cost = self
    cost[.feedForward, .forward] = again.time
    cost[spread: .feedForward, .forward] = again.spread
    cost[pieces: .feedForward, .forward] = again.pieces
    return cost
  }

  private static func place(_ part: LayerKernels.Part, _ pass: LayerKernels.Pass) -> Int {
    pass.caseIndex * LayerKernels.Part.allCases.count + part.caseIndex
  }
}

/// A feed-forward that a backward computes again from its normed input.
enum RecomputedPart: Hashable {
  case dense
  /// Routed and shared experts, with the router and the exchanges.
  case experts
}

/// A dense feed-forward between its norm and the residual sum, which a backward does not repeat.
struct FeedForwardAgain {
  var time = ComputeTime.zero
  /// How that differs between GPUs.
  var spread = TimeSpread.zero
  /// The same in pieces that overlap with the collectives of its tensor group; nil if none do.
  var pieces: PipelinedPart?
  /// Its kernels over all of its layer's forward.
  var launched = 0.0
}

/// Durations of one layer's exchanges. The gradient of a combine is exchanged like a dispatch, and
/// the gradient of a dispatch like a combine.
struct ExchangeTime: Hashable {
  var dispatch: SimDuration
  var combine: SimDuration
}
