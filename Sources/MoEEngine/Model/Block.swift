// A layer: attention and a feed-forward network, each behind a norm and beside a residual.
// Legend of shapes: T tokens, d width.

/// What the half behind attention keeps between forward and backward.
final class FeedForwardActivations {
  /// What stands there.
  enum Inside {
    /// A network's insides: `[T, 2 f]` and `[T, f]`.
    case dense(gateUp: Matrix, act: Matrix)
    /// A mixture's.
    case mixture(MixtureActivations)
  }

  /// The network's input `[T, d]` and its norm's r `[1, T]`.
  let normed: Matrix
  let inverse: Matrix
  let inside: Inside
  private let memory: [FloatBuffer]

  /// - Parameter router: where the layer's router writes; nil for a dense layer.
  init(_ model: ModelConfiguration, tokens: Int, router: RouterActivations?) {
    let stream = FloatBuffer(tokens * (model.width + 1))
    normed = stream.matrix(tokens, model.width)
    inverse = stream.matrix(1, tokens, at: tokens * model.width)
    if let router {
      inside = .mixture(MixtureActivations(model, tokens: tokens, router: router))
      memory = [stream]
    } else {
      let hidden = FloatBuffer(tokens * 3 * model.denseWidth)
      inside = .dense(
        gateUp: hidden.matrix(tokens, 2 * model.denseWidth),
        act: hidden.matrix(tokens, model.denseWidth, at: tokens * 2 * model.denseWidth))
      memory = [stream, hidden]
    }
  }
}

/// What a layer keeps between forward and backward, its input apart.
final class BlockActivations {
  let attention: AttentionActivations
  /// The residual stream behind attention `[T, d]`.
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
  let pass: Pass
  /// Selection bias `[E]` of a layer with experts.
  let bias: UnsafeMutablePointer<Float>?

  private var attention: Attention { Attention(slots: slots, pass: pass) }

  /// `out = layer(x)`, both `[T, d]`.
  func forward(_ x: Matrix, into out: Matrix, saving saved: BlockActivations) {
    attention.forward(x, into: saved.middle, saving: saved.attention)
    feedForward(saved.middle, into: out, saving: saved.feedForward)
  }

  /// The half behind attention: `out = x + network(norm(x))`, both `[T, d]`.
  func feedForward(_ x: Matrix, into out: Matrix, saving saved: FeedForwardActivations) {
    pass.norm.forward(
      x, gain: pass.weights.matrix(slots.feedForwardNorm), into: saved.normed,
      inverse: saved.inverse)
    out.copy(x)
    switch (slots.feedForward, saved.inside) {
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
    let half = saved.feedForward
    switch (slots.feedForward, half.inside) {
    case (.dense(let slots), .dense(let gateUp, let act)):
      FeedForward(slots: slots, pass: pass).backward(
        gradient, half.normed, gateUp: gateUp, act: act, into: dnormed)
    case (.mixture(let slots), .mixture(let inside)):
      mixture(slots).backward(gradient, half.normed, into: dnormed, saved: inside)
    default:
      preconditionFailure("activations belong to another kind of layer")
    }
    pass.norm.backward(
      dnormed, saved.middle, gain: pass.weights.matrix(slots.feedForwardNorm),
      inverse: half.inverse, into: gradient, dgain: pass.gradients.matrix(slots.feedForwardNorm),
      partials: pass.scratch.partials, accumulate: true)
    attention.backward(gradient, x, into: gradient, saved: saved.attention)
  }
}
