// Matrix products, whole or cut into blocks of rows for the workers.

import CBLAS

/// Which factor of a product is transposed.
enum Transposition {
  case neither
  case first
  case second
}

/// `c = scale op(a) op(b)`, added to `c` where `accumulate`.
///
/// - Parameters:
///   - a: `[m, k]`, or `[k, m]` where transposed.
///   - b: `[k, n]`, or `[n, k]` where transposed.
///   - c: `[m, n]`.
/// - Precondition: the shapes agree.
func multiply(
  _ a: Matrix, _ b: Matrix, transposing transposition: Transposition = .neither, into c: Matrix,
  scale: Float = 1, accumulate: Bool = false
) {
  let aIsTransposed = transposition == .first
  let bIsTransposed = transposition == .second
  let (m, k) = aIsTransposed ? (a.columns, a.rows) : (a.rows, a.columns)
  let (n, inner) = bIsTransposed ? (b.rows, b.columns) : (b.columns, b.rows)
  precondition(k == inner && c.rows == m && c.columns == n, "shapes of a product agree")
  guard m > 0 && n > 0 else { return }
  blas_sgemm(
    aIsTransposed ? 1 : 0, bIsTransposed ? 1 : 0, Int32(m), Int32(n), Int32(k), scale, a.start,
    Int32(a.stride), b.start, Int32(b.stride), accumulate ? 1 : 0, c.start, Int32(c.stride))
}

extension Workers {
  /// Rows of one part of a product of so many: an eighth, so that workers can share it, but enough
  /// for BLAS's full speed. It depends on the shape alone, because last bits depend on it.
  static func blockRows(of rows: Int) -> Int { max(128, (rows + 511) / 512 * 64) }

  /// `multiply`, cut into blocks of rows of `c`.
  func multiply(
    _ a: Matrix, _ b: Matrix, transposing transposition: Transposition = .neither, into c: Matrix,
    accumulate: Bool = false
  ) {
    run(c.rows, by: Self.blockRows(of: c.rows)) { rows in
      MoEEngine.multiply(
        transposition == .first ? a.columns(rows) : a.rows(rows), b, transposing: transposition,
        into: c.rows(rows), accumulate: accumulate)
    }
  }
}
