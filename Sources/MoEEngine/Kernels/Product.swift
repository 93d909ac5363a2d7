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
  guard k > 0 else {
    if !accumulate { c.clear() }
    return
  }
  if bIsTransposed, ProductTiles.isBetterTransposed(m, n) {
    withTransposed(b) { b in
      multiply(a, b, into: c, scale: scale, accumulate: accumulate)
    }
    return
  }
  ProductTiles(m, n, k, transposition).forEach { rows, columns, depth in
    multiplyPlain(
      aIsTransposed ? a.rows(depth).columns(rows) : a.rows(rows).columns(depth),
      bIsTransposed ? b.rows(columns).columns(depth) : b.rows(depth).columns(columns),
      transposing: transposition, into: c.rows(rows).columns(columns), scale: scale,
      accumulate: accumulate || depth.lowerBound > 0)
  }
}

/// Calls `body` with a transposed copy of a matrix.
func withTransposed(_ x: Matrix, _ body: (Matrix) -> Void) {
  withTemporaryFloats(x.rows * x.columns) { start in
    transpose(x, into: start)
    body(Matrix(start: start, rows: x.columns, columns: x.rows, stride: x.rows))
  }
}

/// How a product is cut so that OpenBLAS makes its parts in place. Its kernels for small factors
/// (those of Skylake-X, which later processors use too) pack nothing and come a tenth nearer to the
/// peak, but exist for few layouts and sizes: `sgemm_small_kernel_permit`.
private struct ProductTiles {
  private let extents: (m: Int, n: Int, k: Int)
  private let tile: (m: Int, n: Int, k: Int)

  /// The largest m n k of those kernels.
  private static let mostOperations = 1_000_000
  /// Extents of the part of `b` that stays in the cache while rows of `a` pass: 128 KB.
  private static let (mostColumns, mostDepth) = (128, 256)
  /// Rows of `c` that a transposed `a` gives at once: 16 KB stay while sums grow.
  private static let fewRows = 32

  /// Whether `a b^T` is made faster from a transposed copy of `b`: that layout has no such kernel,
  /// nor have results of few elements; with few rows the copy costs as much as it brings.
  static func isBetterTransposed(_ m: Int, _ n: Int) -> Bool { m >= 16 && m * n > 1_200 }

  init(_ m: Int, _ n: Int, _ k: Int, _ transposition: Transposition) {
    extents = (m, n, k)
    guard transposition != .second, m * n * k > Self.mostOperations else {
      tile = extents
      return
    }
    let columns = Self.even(n, most: Self.mostColumns)
    if transposition == .first {
      let rows = Self.even(m, most: Self.fewRows)
      tile = (rows, columns, Self.even(k, most: Self.mostOperations / (rows * columns)))
    } else {
      let depth = Self.even(k, most: Self.mostDepth)
      tile = (Self.even(m, most: Self.mostOperations / (columns * depth)), columns, depth)
    }
  }

  /// The size of parts of equal size, at most so large, up to the last vector of sixteen.
  private static func even(_ count: Int, most: Int) -> Int {
    let parts = (count + most - 1) / most
    let size = (count + parts - 1) / parts
    return min(most, (size + 15) / 16 * 16, count)
  }

  /// Calls `body` with the rows and columns of `c` and the summed elements of each tile, the parts
  /// of a sum in order.
  @inline(__always)
  func forEach(_ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ depth: Range<Int>) -> Void) {
    for column in stride(from: 0, to: extents.n, by: tile.n) {
      let columns = column..<min(column + tile.n, extents.n)
      for first in stride(from: 0, to: extents.k, by: tile.k) {
        let depth = first..<min(first + tile.k, extents.k)
        for row in stride(from: 0, to: extents.m, by: tile.m) {
          body(row..<min(row + tile.m, extents.m), columns, depth)
        }
      }
    }
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

/// Writes the transpose of a matrix `[n, k]` as `[k, n]`, in tiles of eight rows and four columns.
private func transpose(_ x: Matrix, into y: UnsafeMutablePointer<Float>) {
  let (n, k) = (x.rows, x.columns)
  let (fullRows, fullColumns) = (n - n % 8, k - k % 4)
  for row in stride(from: 0, to: fullRows, by: 8) {
    let source = x.row(row)
    for column in stride(from: 0, to: fullColumns, by: 4) {
      let low = fourColumns(source + column, x.stride)
      let high = fourColumns(source + 4 * x.stride + column, x.stride)
      let target = y + column * n + row
      target.set(Lanes(lowHalf: low.0, highHalf: high.0), 0)
      target.set(Lanes(lowHalf: low.1, highHalf: high.1), n)
      target.set(Lanes(lowHalf: low.2, highHalf: high.2), 2 * n)
      target.set(Lanes(lowHalf: low.3, highHalf: high.3), 3 * n)
    }
    for column in fullColumns..<k {
      for place in row..<row + 8 { y[column * n + place] = x.row(place)[column] }
    }
  }
  for row in fullRows..<n {
    for column in 0..<k { y[column * n + row] = x.row(row)[column] }
  }
}

/// The columns of four rows of four elements.
@inline(__always)
private func fourColumns(
  _ x: UnsafeMutablePointer<Float>, _ stride: Int
) -> (SIMD4<Float>, SIMD4<Float>, SIMD4<Float>, SIMD4<Float>) {
  func row(_ index: Int) -> SIMD4<Float> {
    UnsafeRawPointer(x + index * stride).loadUnaligned(as: SIMD4<Float>.self)
  }
  let (a, b, c, d) = (row(0), row(1), row(2), row(3))
  return (
    SIMD4(a.x, b.x, c.x, d.x), SIMD4(a.y, b.y, c.y, d.y), SIMD4(a.z, b.z, c.z, d.z),
    SIMD4(a.w, b.w, c.w, d.w)
  )
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
    if transposition == .second, ProductTiles.isBetterTransposed(c.rows, c.columns) {
      // Once for all parts.
      withTransposed(b) { b in multiply(a, b, into: c, accumulate: accumulate) }
      return
    }
    run(c.rows, by: Self.blockRows(of: c.rows)) { rows in
      MoEEngine.multiply(
        transposition == .first ? a.columns(rows) : a.rows(rows), b, transposing: transposition,
        into: c.rows(rows), accumulate: accumulate)
    }
  }
}
