// A SwiGLU network: y = (silu(x w_gate^T) x w_up^T) w_down^T.
// Legend of shapes: R rows, d width, f hidden elements of the network.

/// A dense feed-forward network, or the shared experts.
struct FeedForward {
  let slots: FeedForwardSlots
  let pass: Pass

  /// `out += network(x)`.
  ///
  /// - Parameters:
  ///   - x, out: `[R, d]`.
  ///   - gateUp: `[R, 2 f]`, kept for the backward.
  ///   - act: `[R, f]`, kept for the backward.
  func forward(_ x: Matrix, into out: Matrix, gateUp: Matrix, act: Matrix) {
    pass.linear.forward(x, pass.weights.matrix(slots.gateUp), into: gateUp)
    pass.workers.run(x.rows, by: 64) { rows in
      GatedActivation.forward(gateUp.rows(rows), into: act.rows(rows))
    }
    pass.linear.forward(act, pass.weights.matrix(slots.down), into: out, accumulate: true)
  }

  /// Gradients of the weights, and `dx`.
  ///
  /// - Parameters:
  ///   - dout, x, dx: `[R, d]`.
  ///   - gateUp, act: as the forward left them.
  func backward(_ dout: Matrix, _ x: Matrix, gateUp: Matrix, act: Matrix, into dx: Matrix) {
    let hidden = pass.scratch.hidden.matrix(x.rows, 3 * act.columns)
    let dgateUp = hidden.columns(0..<2 * act.columns)
    let dact = hidden.columns(2 * act.columns..<3 * act.columns)
    pass.linear.backwardInput(dout, pass.weights.matrix(slots.down), into: dact)
    pass.linear.backwardWeight(dout, act, into: pass.gradients.matrix(slots.down))
    pass.workers.run(x.rows, by: 64) { rows in
      GatedActivation.backward(dact.rows(rows), gateUp.rows(rows), into: dgateUp.rows(rows))
    }
    pass.linear.backwardInput(dgateUp, pass.weights.matrix(slots.gateUp), into: dx)
    pass.linear.backwardWeight(dgateUp, x, into: pass.gradients.matrix(slots.gateUp))
  }
}
