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
  guard bIsTransposed, isBetterTransposed(m, n, k) else {
    multiplyPlain(a, b, transposing: transposition, into: c, scale: scale, accumulate: accumulate)
    return
  }
  withUnsafeTemporaryAllocation(of: Float.self, capacity: n * k) { memory in
    guard let start = memory.baseAddress else { return }
    transpose(b, into: start)
    multiplyPlain(
      a, Matrix(start: start, rows: k, columns: n, stride: n), transposing: .neither, into: c,
      scale: scale, accumulate: accumulate)
  }
}

/// `multiply` as one call of BLAS, whatever the layout; the shapes agree and are not empty.
func multiplyPlain(
  _ a: Matrix, _ b: Matrix, transposing transposition: Transposition, into c: Matrix,
  scale: Float = 1, accumulate: Bool = false
) {
  let inner = transposition == .first ? a.rows : a.columns
  blas_sgemm(
    transposition == .first ? 1 : 0, transposition == .second ? 1 : 0, Int32(c.rows),
    Int32(c.columns), Int32(inner), scale, a.start, Int32(a.stride), b.start, Int32(b.stride),
    accumulate ? 1 : 0, c.start, Int32(c.stride))
}

/// Whether `a b^T` is made faster from a transposed copy of `b`: OpenBLAS multiplies small factors
/// in place, but for this layout, which it packs first. The limits are its own
/// (`sgemm_small_kernel_permit` of its Skylake-X kernels): larger products are packed anyway, and
/// results of few elements never. With few rows the copy costs as much as it brings.
@inline(__always)
private func isBetterTransposed(_ m: Int, _ n: Int, _ k: Int) -> Bool {
  m >= 16 && m * n > 1_200 && m * n * k <= 1_000_000
}

/// Writes the transpose of a matrix `[n, k]` as `[k, n]`, sixteen elements at a time.
private func transpose(_ x: Matrix, into y: UnsafeMutablePointer<Float>) {
  let (n, k) = (x.rows, x.columns)
  let (fullRows, fullColumns) = (n - n % 4, k - k % 4)
  for row in stride(from: 0, to: fullRows, by: 4) {
    let (a, b, c, d) = (x.row(row), x.row(row + 1), x.row(row + 2), x.row(row + 3))
    for column in stride(from: 0, to: fullColumns, by: 4) {
      let (a, b, c, d) = (a.four(column), b.four(column), c.four(column), d.four(column))
      let target = y + column * n + row
      target.setFour(SIMD4(a.x, b.x, c.x, d.x), 0)
      target.setFour(SIMD4(a.y, b.y, c.y, d.y), n)
      target.setFour(SIMD4(a.z, b.z, c.z, d.z), 2 * n)
      target.setFour(SIMD4(a.w, b.w, c.w, d.w), 3 * n)
    }
    for column in fullColumns..<k {
      (y + column * n + row).setFour(SIMD4(a[column], b[column], c[column], d[column]), 0)
    }
  }
  for row in fullRows..<n {
    for column in 0..<k { y[column * n + row] = x.row(row)[column] }
  }
}

extension UnsafeMutablePointer<Float> {
  @inline(__always)
  fileprivate func four(_ index: Int) -> SIMD4<Float> {
    UnsafeRawPointer(self + index).loadUnaligned(as: SIMD4<Float>.self)
  }

  @inline(__always)
  fileprivate func setFour(_ four: SIMD4<Float>, _ index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: four, as: SIMD4<Float>.self)
  }
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
