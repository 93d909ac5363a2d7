// A layer: attention and a feed-forward network, each behind a norm and beside a residual.
// Legend of shapes: T tokens, d width.

/// What a layer keeps between forward and backward, its input apart.
final class BlockActivations {
  /// What stands behind attention.
  enum FeedForward {
    /// A network's insides: `[T, 2 f]` and `[T, f]`.
    case dense(gateUp: Matrix, act: Matrix)
    /// A mixture's.
    case mixture(MixtureActivations)
  }

  let attention: AttentionActivations
  /// The residual stream behind attention `[T, d]`.
  let middle: Matrix
  /// The feed-forward network's input `[T, d]` and its norm's r `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  let feedForward: FeedForward
  private let memory: [FloatBuffer]

  /// - Parameter router: where the layer's router writes; nil for a dense layer.
  init(_ model: ModelConfiguration, _ shape: BatchShape, router: RouterActivations?) {
    let tokens = shape.tokens
    attention = AttentionActivations(model, shape)
    let stream = FloatBuffer(tokens * (2 * model.width + 1))
    middle = stream.matrix(tokens, model.width)
    normed = stream.matrix(tokens, model.width, at: tokens * model.width)
    inverse = stream.matrix(1, tokens, at: 2 * tokens * model.width)
    if let router {
      feedForward = .mixture(MixtureActivations(model, tokens: tokens, router: router))
      memory = [stream]
    } else {
      let hidden = FloatBuffer(tokens * 3 * model.denseWidth)
      feedForward = .dense(
        gateUp: hidden.matrix(tokens, 2 * model.denseWidth),
        act: hidden.matrix(tokens, model.denseWidth, at: tokens * 2 * model.denseWidth))
      memory = [stream, hidden]
    }
  }
}

/// One layer of the model.
struct Block {
  let slots: BlockSlots
  let pass: Pass
  /// Selection bias `[E]` of a layer with experts.
  let bias: UnsafeMutablePointer<Float>?

  private var attention: Attention { Attention(slots: slots, pass: pass) }

  /// `out = layer(x)`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: BlockActivations) {
    attention.forward(x, into: saved.middle, saving: saved.attention)
    pass.norm.forward(
      saved.middle, gain: pass.weights.matrix(slots.feedForwardNorm), into: saved.normed,
      inverse: saved.inverse)
    out.copy(saved.middle)
    switch (slots.feedForward, saved.feedForward) {
    case (.dense(let slots), .dense(let gateUp, let act)):
      FeedForward(slots: slots, pass: pass).forward(
        saved.normed, into: out, gateUp: gateUp, act: act)
    case (.mixture(let slots), .mixture(let inside)):
      mixture(slots).forward(saved.normed, into: out, saving: inside)
    default:
      preconditionFailure("activations belong to another kind of layer")
    }
  }

  private func mixture(_ slots: MixtureSlots) -> Mixture {
    guard let bias else { preconditionFailure("a layer with experts has a selection bias") }
    return Mixture(
      slots: slots, pass: pass, router: Router(slot: slots.router, pass: pass, bias: bias))
  }

  /// Gradients of all weights; the gradient of the output becomes that of the input, in place.
  ///
  /// - Parameters:
  ///   - gradient: `[T, d]`, that of `out`, then that of `x`.
  ///   - x: `[T, d]`, as in the forward.
  func backward(_ gradient: Matrix, _ x: Matrix, saved: BlockActivations) {
    let dnormed = pass.scratch.normed.matrix(gradient.rows, gradient.columns)
    switch (slots.feedForward, saved.feedForward) {
    case (.dense(let slots), .dense(let gateUp, let act)):
      FeedForward(slots: slots, pass: pass).backward(
        gradient, saved.normed, gateUp: gateUp, act: act, into: dnormed)
    case (.mixture(let slots), .mixture(let inside)):
      mixture(slots).backward(gradient, saved.normed, into: dnormed, saved: inside)
    default:
      preconditionFailure("activations belong to another kind of layer")
    }
    pass.norm.backward(
      dnormed, saved.middle, gain: pass.weights.matrix(slots.feedForwardNorm),
      inverse: saved.inverse, into: gradient, dgain: pass.gradients.matrix(slots.feedForwardNorm),
      partials: pass.scratch.partials, accumulate: true)
    attention.backward(gradient, x, into: gradient, saved: saved.attention)
  }
}
