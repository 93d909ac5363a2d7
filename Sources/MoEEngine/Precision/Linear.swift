// The products of a linear layer, y = x w^T, and of its backward.

/// Linear layers in a chosen precision.
struct Linear {
  let workers: Workers

  /// `y = x w^T`.
  ///
  /// - Parameters:
  ///   - x: `[rows, in]`.
  ///   - w: `[out, in]`.
  ///   - y: `[rows, out]`.
  func forward(_ x: Matrix, _ w: Matrix, into y: Matrix, accumulate: Bool = false) {
    workers.multiply(x, w, transposing: .second, into: y, accumulate: accumulate)
  }

  /// `dx = dy w`.
  func backwardInput(_ dy: Matrix, _ w: Matrix, into dx: Matrix, accumulate: Bool = false) {
    workers.multiply(dy, w, into: dx, accumulate: accumulate)
  }

  /// `dw = dy^T x`.
  func backwardWeight(_ dy: Matrix, _ x: Matrix, into dw: Matrix, accumulate: Bool = false) {
    workers.multiply(dy, x, transposing: .first, into: dw, accumulate: accumulate)
  }

  /// The same products, made by the calling thread alone: for parts that already run at once.
  var inside: Linear { Linear(workers: .one) }
}
