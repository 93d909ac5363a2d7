// A transformer layer: attention and a feed-forward network, each with a norm before it and a
// residual connection around it.
// Legend of shapes: T tokens, d width, f hidden elements of a dense network.

/// The activations that the feed-forward half of a layer saves for backward.
final class FeedForwardActivations {
  /// The activations of the network itself.
  enum Network {
    /// `[T, 2 f]` and `[T, f]`.
    case dense(gateUp: Matrix, act: Matrix)
    case mixture(MixtureActivations)
  }

  /// The normalised input `[T, d]` and the norm's r `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  let network: Network
  private let memory: [FloatBuffer]

  /// - Parameter router: where the layer's router writes; nil for a dense layer.
  init(_ model: ModelConfiguration, tokens: Int, router: RouterActivations?) {
    let stream = FloatBuffer(tokens * (model.width + 1))
    normed = stream.matrix(tokens, model.width)
    inverse = stream.matrix(1, tokens, at: tokens * model.width)
    if let router {
      network = .mixture(MixtureActivations(model, tokens: tokens, router: router))
      memory = [stream]
    } else {
      let hidden = FloatBuffer(tokens * 3 * model.denseWidth)
      network = .dense(
        gateUp: hidden.matrix(tokens, 2 * model.denseWidth),
        act: hidden.matrix(tokens, model.denseWidth, at: tokens * 2 * model.denseWidth))
      memory = [stream, hidden]
    }
  }
}

/// The activations that a layer saves for backward, except its input.
final class BlockActivations {
  let attention: AttentionActivations
  /// The residual stream after attention `[T, d]`.
  let middle: Matrix
  let feedForward: FeedForwardActivations
  private let memory: FloatBuffer

  /// - Parameter router: where the layer's router writes; nil for a dense layer.
  init(_ model: ModelConfiguration, _ shape: BatchShape, router: RouterActivations?) {
    attention = AttentionActivations(model, shape)
    memory = FloatBuffer(shape.tokens * model.width)
    middle = memory.matrix(shape.tokens, model.width)
    feedForward = FeedForwardActivations(model, tokens: shape.tokens, router: router)
  }
}

/// One layer of the model.
struct Block {
  let slots: BlockSlots
  let context: LayerContext
  /// Selection bias `[E]`; nil for a dense layer.
  let bias: UnsafeMutablePointer<Float>?

  private var attention: Attention { Attention(slots: slots, context: context) }

  /// `out = layer(x)`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: BlockActivations) {
    attention.forward(x, into: saved.middle, saving: saved.attention)
    feedForward(saved.middle, into: out, saving: saved.feedForward)
  }

  /// The feed-forward half: `out = x + network(norm(x))`, both `[T, d]`.
  func feedForward(_ x: Matrix, into out: Matrix, saving saved: FeedForwardActivations) {
    context.norm.forward(
      x, gain: context.weights.matrix(slots.feedForwardNorm), into: saved.normed,
      inverse: saved.inverse)
    out.copy(x)
    switch (slots.feedForward, saved.network) {
    case (.dense(let slots), .dense(let gateUp, let act)):
      FeedForward(slots: slots, context: context).forward(
        saved.normed, into: out, gateUp: gateUp, act: act)
    case (.mixture(let slots), .mixture(let network)):
      mixture(slots).forward(saved.normed, into: out, saving: network)
    default:
      preconditionFailure("activations belong to another kind of layer")
    }
  }

  private func mixture(_ slots: MixtureSlots) -> Mixture {
    guard let bias else { preconditionFailure("a layer with experts needs a selection bias") }
    return Mixture(
      slots: slots, context: context,
      router: Router(slot: slots.router, context: context, bias: bias))
  }

  /// The gradients of the weights and, in place, of the input.
  ///
  /// - Parameters:
  ///   - gradient: `[T, d]`, holds the gradient of `out` and receives the gradient of `x`.
  ///   - x: `[T, d]`, the input of `forward`.
  func backward(_ gradient: Matrix, _ x: Matrix, saved: BlockActivations) {
    let dnormed = context.scratch.normed.matrix(gradient.rows, gradient.columns)
    let half = saved.feedForward
    switch (slots.feedForward, half.network) {
    case (.dense(let slots), .dense(let gateUp, let act)):
      FeedForward(slots: slots, context: context).backward(
        gradient, half.normed, gateUp: gateUp, act: act, into: dnormed)
    case (.mixture(let slots), .mixture(let network)):
      mixture(slots).backward(gradient, half.normed, into: dnormed, saved: network)
    default:
      preconditionFailure("activations belong to another kind of layer")
    }
    context.norm.backward(
      dnormed, saved.middle, gain: context.weights.matrix(slots.feedForwardNorm),
      inverse: half.inverse, into: gradient, dgain: context.gradients.matrix(slots.feedForwardNorm),
      partials: context.scratch.partials, accumulate: true)
    attention.backward(gradient, x, into: gradient, saved: saved.attention)
  }
}
