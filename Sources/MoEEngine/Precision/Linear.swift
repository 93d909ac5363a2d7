// The products of a linear layer, y = x w^T, and of its backward, in the precision asked for.

/// Linear layers in a chosen precision.
struct Linear {
  let precision: Precision
  let workers: Workers
  /// Whether products are cut into parts for the workers.
  var isCut = true

  /// The same products, whole, made by the calling thread: for parts that already run at once.
  var inside: Linear { Linear(precision: precision, workers: .one, isCut: false) }

  /// `y = x w^T`.
  ///
  /// - Parameters:
  ///   - x: `[rows, in]`.
  ///   - w: `[out, in]`.
  ///   - y: `[rows, out]`.
  func forward(_ x: Matrix, _ w: Matrix, into y: Matrix, accumulate: Bool = false) {
    product(
      (x, .columns, .tile), (w, .columns, .block), transposing: .second, into: y,
      accumulate: accumulate, rounds: true)
  }

  /// `dx = dy w`.
  func backwardInput(_ dy: Matrix, _ w: Matrix, into dx: Matrix, accumulate: Bool = false) {
    product(
      (dy, .columns, .tile), (w, .rows, .block), transposing: .neither, into: dx,
      accumulate: accumulate, rounds: true)
  }

  /// `dw = dy^T x`, kept in Float32.
  func backwardWeight(_ dy: Matrix, _ x: Matrix, into dw: Matrix, accumulate: Bool = false) {
    product(
      (dy, .rows, .tile), (x, .rows, .tile), transposing: .first, into: dw,
      accumulate: accumulate, rounds: false)
  }

  /// A factor, the side that is summed, and what shares a scale in FP8.
  private typealias Factor = (
    matrix: Matrix, summed: QuantizedMatrix.SummedSide, grain: QuantizedMatrix.Grain
  )

  private func product(
    _ a: Factor, _ b: Factor, transposing transposition: Transposition, into c: Matrix,
    accumulate: Bool, rounds: Bool
  ) {
    switch precision {
    case .fp32:
      if isCut {
        workers.multiply(
          a.matrix, b.matrix, transposing: transposition, into: c, accumulate: accumulate)
      } else {
        multiply(
          a.matrix, b.matrix, transposing: transposition, into: c, accumulate: accumulate)
      }
    case .bf16:
      let (first, second) = (rounded(a.matrix), rounded(b.matrix))
      let result = FloatBuffer(c.rows * c.columns)
      let sum = result.matrix(c.rows, c.columns)
      workers.multiply(
        first.matrix(a.matrix.rows, a.matrix.columns),
        second.matrix(b.matrix.rows, b.matrix.columns), transposing: transposition, into: sum)
      workers.run(c.rows, by: 64) { rows in
        Self.finish(sum.rows(rows), into: c.rows(rows), accumulate: accumulate, rounds: rounds)
      }
    case .fp8, .fp8PerTensor:
      let first = quantised(a)
      let second = quantised(b)
      MoEEngine.multiply(first, second, into: c, workers: workers) { sum, rows in
        Self.finish(sum, into: c.rows(rows), accumulate: accumulate, rounds: rounds)
      }
    }
  }

  private func quantised(_ factor: Factor) -> QuantizedMatrix {
    QuantizedMatrix(
      factor.matrix, summed: factor.summed,
      grain: precision == .fp8PerTensor ? .tensor : factor.grain, workers: workers)
  }

  /// A copy in bfloat16.
  private func rounded(_ x: Matrix) -> FloatBuffer {
    let copy = FloatBuffer(x.rows * x.columns)
    let target = copy.matrix(x.rows, x.columns)
    workers.run(x.rows, by: 64) { rows in
      Self.finish(x.rows(rows), into: target.rows(rows), accumulate: false, rounds: true)
    }
    return copy
  }

  /// Copies or adds rows, rounded to bfloat16 where asked for.
  private static func finish(_ x: Matrix, into y: Matrix, accumulate: Bool, rounds: Bool) {
    func value(_ x: Lanes) -> Lanes { rounds ? roundToBFloat16(x) : x }
    for row in 0..<x.rows {
      let (source, target) = (x.row(row), y.row(row))
      forEachLanes(x.columns) {
        let result = value(source.lanes($0))
        target.set(accumulate ? target.lanes($0) + result : result, $0)
      } tail: {
        let result = value(source.tail($0, x.columns))
        target.setTail(
          accumulate ? target.tail($0, x.columns) + result : result, $0, x.columns)
      }
    }
  }
}
