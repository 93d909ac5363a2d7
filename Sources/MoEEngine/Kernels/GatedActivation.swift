// The SwiGLU activation: act = silu(g) u, where each row holds g and u side by side.
// Legend: s = sigmoid(g), silu(g) = g s, d silu / dg = s (1 + g (1 - s)).

/// SwiGLU, row by row.
enum GatedActivation {
  /// The activations.
  ///
  /// - Parameters:
  ///   - gateUp: `[rows, 2 x width]`, g and then u.
  ///   - act: `[rows, width]`.
  static func forward(_ gateUp: Matrix, into act: Matrix) {
    let width = act.columns
    for row in 0..<act.rows {
      let (g, u, y) = (gateUp.row(row), gateUp.row(row) + width, act.row(row))
      forEachLanes(width) {
        y.set(value(g.lanes($0), u.lanes($0)), $0)
      } tail: {
        y.setTail(value(g.tail($0, width), u.tail($0, width)), $0, width)
      }
    }
  }

  /// The gradients of g and u.
  ///
  /// - Parameters:
  ///   - dact: `[rows, width]`.
  ///   - gateUp: `[rows, 2 x width]`, the input of `forward`.
  ///   - dgateUp: `[rows, 2 x width]`, receives the gradients.
  static func backward(_ dact: Matrix, _ gateUp: Matrix, into dgateUp: Matrix) {
    let width = dact.columns
    for row in 0..<dact.rows {
      let (g, u, dy) = (gateUp.row(row), gateUp.row(row) + width, dact.row(row))
      let (dg, du) = (dgateUp.row(row), dgateUp.row(row) + width)
      forEachLanes(width) {
        let slopes = slopes(g.lanes($0), u.lanes($0), dy.lanes($0))
        dg.set(slopes.gate, $0)
        du.set(slopes.up, $0)
      } tail: {
        let slopes = slopes(g.tail($0, width), u.tail($0, width), dy.tail($0, width))
        dg.setTail(slopes.gate, $0, width)
        du.setTail(slopes.up, $0, width)
      }
    }
  }

  /// The gradients of g and u, and of the weight by which each row of the next product's result was
  /// multiplied.
  ///
  /// The product is linear, so the weight could multiply the activation instead. Its gradient is
  /// the dot product of the activation and `dact`.
  ///
  /// - Parameters:
  ///   - dact: `[rows, width]`, the gradient of the activations, not yet multiplied by the weights.
  ///   - gateUp: `[rows, 2 x width]`, the input of `forward`.
  ///   - weights: one per row.
  ///   - dgateUp: `[rows, 2 x width]`, receives the gradients of g and u.
  ///   - weighted: `[rows, width]`, receives the activations times the weights.
  ///   - dweights: receives one gradient per row.
  static func backward(
    _ dact: Matrix, _ gateUp: Matrix, weights: Slice<UnsafeBufferPointer<Float>>,
    into dgateUp: Matrix, weighted: Matrix, dweights: UnsafeMutablePointer<Float>
  ) {
    let width = dact.columns
    for (row, weight) in weights.enumerated() {
      let (g, u, dy) = (gateUp.row(row), gateUp.row(row) + width, dact.row(row))
      let (dg, du, y) = (dgateUp.row(row), dgateUp.row(row) + width, weighted.row(row))
      var sum = Lanes(repeating: 0)
      forEachLanes(width) {
        let all = slopes(g.lanes($0), u.lanes($0), dy.lanes($0), weight)
        dg.set(all.gate, $0)
        du.set(all.up, $0)
        y.set(all.act * weight, $0)
        sum += dy.lanes($0) * all.act
      } tail: {
        let all = slopes(g.tail($0, width), u.tail($0, width), dy.tail($0, width), weight)
        dg.setTail(all.gate, $0, width)
        du.setTail(all.up, $0, width)
        y.setTail(all.act * weight, $0, width)
        sum += dy.tail($0, width) * all.act
      }
      dweights[row] = sum.laneSum
    }
  }

  @inline(__always)
  private static func value(_ g: Lanes, _ u: Lanes) -> Lanes { g * sigmoid(g) * u }

  @inline(__always)
  private static func slopes(_ g: Lanes, _ u: Lanes, _ dy: Lanes, _ weight: Float = 1) -> (
    gate: Lanes, up: Lanes, act: Lanes
  ) {
    let s = sigmoid(g)
    let dy = dy * weight
    return (dy * u * s * (1 + g * (1 - s)), dy * g * s, g * s * u)
  }
}
