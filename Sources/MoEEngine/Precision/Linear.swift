// The forward and backward products of a linear layer, y = x w^T, in a selectable precision.

import Units

/// The precision in which linear layers compute, forward and backward.
///
/// Router, head, embedding, norms, attention scores, weights and optimizer stay in Float32, as in
/// the published recipe (DeepSeek-V3 report, section 3.3.1).
package enum LinearPrecision: String, CaseIterable, Hashable, Sendable {
  /// Float32 throughout.
  case fp32
  /// Both factors and the result rounded to bfloat16, sums in Float32.
  case bf16
  /// E4M3 factors with fine-grained scales: 1 x 128 tiles along the summed dimension for
  /// activations and their gradients, 128 x 128 blocks for weights. Every 128 products are summed,
  /// then scaled and added in Float32 (section 3.3.2).
  case fp8
  /// E4M3 factors with one scale per tensor, for comparison.
  case fp8PerTensor = "fp8-per-tensor"
}

/// The products of linear layers in one precision.
struct Linear {
  let precision: LinearPrecision
  let workers: Workers
  /// Whether a product is split into parts for the workers.
  var isSplit = true

  /// The same products, unsplit and on the calling thread: for code that runs on a worker itself.
  var sequential: Linear { Linear(precision: precision, workers: .one, isSplit: false) }

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

  /// `dw = dy^T x`, never rounded.
  func backwardWeight(_ dy: Matrix, _ x: Matrix, into dw: Matrix, accumulate: Bool = false) {
    product(
      (dy, .rows, .tile), (x, .rows, .tile), transposing: .first, into: dw,
      accumulate: accumulate, rounds: false)
  }

  /// A factor with its summed dimension and the granularity of its scales in FP8.
  private typealias Factor = (
    matrix: Matrix, summed: QuantizedMatrix.SummedDimension,
    granularity: QuantizedMatrix.Granularity
  )

  private func product(
    _ a: Factor, _ b: Factor, transposing transposition: Transposition, into c: Matrix,
    accumulate: Bool, rounds: Bool
  ) {
    switch precision {
    case .fp32:
      if isSplit {
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
      granularity: precision == .fp8PerTensor ? .tensor : factor.granularity, workers: workers)
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

  /// Copies or adds rows, rounding them to bfloat16 if `rounds`.
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
