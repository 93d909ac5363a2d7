// A SwiGLU network: y = (silu(x w_gate^T) x w_up^T) w_down^T.
// Legend of shapes: R rows, d width, f hidden elements of the network.

/// A dense feed-forward network, or the shared experts.
struct FeedForward {
  let slots: FeedForwardSlots
  let context: LayerContext

  /// `out += network(x)`.
  ///
  /// - Parameters:
  ///   - x, out: `[R, d]`.
  ///   - gateUp: `[R, 2 f]`, saved for backward.
  ///   - act: `[R, f]`, saved for backward.
  func forward(_ x: Matrix, into out: Matrix, gateUp: Matrix, act: Matrix) {
    context.linear.forward(x, context.weights.matrix(slots.gateUp), into: gateUp)
    context.workers.run(x.rows, by: 64) { rows in
      GatedActivation.forward(gateUp.rows(rows), into: act.rows(rows))
    }
    context.linear.forward(act, context.weights.matrix(slots.down), into: out, accumulate: true)
  }

  /// The gradients of the weights and, in `dx`, of the input.
  ///
  /// - Parameters:
  ///   - dout, x, dx: `[R, d]`.
  ///   - gateUp, act: as saved by `forward`.
  func backward(_ dout: Matrix, _ x: Matrix, gateUp: Matrix, act: Matrix, into dx: Matrix) {
    let hidden = context.scratch.hidden.matrix(x.rows, 3 * act.columns)
    let dgateUp = hidden.columns(0..<2 * act.columns)
    let dact = hidden.columns(2 * act.columns..<3 * act.columns)
    context.linear.backwardInput(dout, context.weights.matrix(slots.down), into: dact)
    context.linear.backwardWeight(dout, act, into: context.gradients.matrix(slots.down))
    context.workers.run(x.rows, by: 64) { rows in
      GatedActivation.backward(dact.rows(rows), gateUp.rows(rows), into: dgateUp.rows(rows))
    }
    context.linear.backwardInput(dgateUp, context.weights.matrix(slots.gateUp), into: dx)
    context.linear.backwardWeight(dgateUp, x, into: context.gradients.matrix(slots.gateUp))
  }
}
