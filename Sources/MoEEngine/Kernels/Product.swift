// Matrix products, on the calling thread or split into blocks of rows for the workers.

import CBLAS
import Units

/// Which factor of a product is transposed.
enum Transposition {
  case neither
  case first
  case second
}

/// `c = scale op(a) op(b)`, or `c += ...` with `accumulate`.
///
/// - Parameters:
///   - a: `[m, k]`, or `[k, m]` if transposed.
///   - b: `[k, n]`, or `[n, k]` if transposed.
///   - c: `[m, n]`.
/// - Precondition: the shapes match.
func multiply(
  _ a: Matrix, _ b: Matrix, transposing transposition: Transposition = .neither, into c: Matrix,
  scale: Float = 1, accumulate: Bool = false
) {
  let aIsTransposed = transposition == .first
  let bIsTransposed = transposition == .second
  let (m, k) = aIsTransposed ? (a.columns, a.rows) : (a.rows, a.columns)
  let (n, inner) = bIsTransposed ? (b.rows, b.columns) : (b.columns, b.rows)
  precondition(k == inner && c.rows == m && c.columns == n, "shapes of a product match")
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

/// Splits a product into tiles that OpenBLAS multiplies with its small-matrix kernels.
///
/// These kernels (of Skylake-X and its successors) skip the packing of the factors and reach a
/// tenth more of the peak rate, but support few layouts and sizes (`sgemm_small_kernel_permit`).
private struct ProductTiles {
  private let extents: (m: Int, n: Int, k: Int)
  private let tile: (m: Int, n: Int, k: Int)

  /// The largest m n k that those kernels support.
  private static let maxOperations = 1_000_000
  /// Extents of a tile of `b`: 128 KB, which stay in the cache while the rows of `a` stream by.
  private static let (maxColumns, maxDepth) = (128, 256)
  /// Rows of a tile of `c` when `a` is transposed: 16 KB, which stay in the cache during the sum.
  private static let maxRows = 32

  /// Whether `a b^T` is faster with a transposed copy of `b`.
  ///
  /// No small-matrix kernel supports this layout, nor small results in any layout. With few rows
  /// the copy costs as much as it saves.
  static func isBetterTransposed(_ m: Int, _ n: Int) -> Bool { m >= 16 && m * n > 1_200 }

  init(_ m: Int, _ n: Int, _ k: Int, _ transposition: Transposition) {
    extents = (m, n, k)
    guard transposition != .second, m * n * k > Self.maxOperations else {
      tile = extents
      return
    }
    let columns = Self.evenPart(n, atMost: Self.maxColumns)
    if transposition == .first {
      let rows = Self.evenPart(m, atMost: Self.maxRows)
      tile = (rows, columns, Self.evenPart(k, atMost: Self.maxOperations / (rows * columns)))
    } else {
      let depth = Self.evenPart(k, atMost: Self.maxDepth)
      tile = (Self.evenPart(m, atMost: Self.maxOperations / (columns * depth)), columns, depth)
    }
  }

  /// The size of the fewest equal parts of at most `limit`, rounded up to a multiple of 16.
  private static func evenPart(_ count: Int, atMost limit: Int) -> Int {
    let parts = (count + limit - 1) / limit
    let size = (count + parts - 1) / parts
    return min(limit, (size + 15) / 16 * 16, count)
  }

  /// Calls `body` for each tile: rows and columns of `c`, and the range of the sum, in ascending
  /// order.
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

/// `multiply` as one BLAS call, whatever the layout.
///
/// - Precondition: the shapes match and are not empty; not checked.
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

/// Writes the transpose `[k, n]` of a matrix `[n, k]`, in tiles of eight rows by four columns.
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

/// The four columns of a 4 x 4 tile.
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
  /// The rows per part of a product with `rows` rows: an eighth, but enough for BLAS to run at full
  /// speed.
  ///
  /// It must depend on the shape alone, because the last bits of the result depend on the split.
  static func blockRows(of rows: Int) -> Int { max(128, (rows + 511) / 512 * 64) }

  /// `multiply`, split into blocks of rows of `c`.
  func multiply(
    _ a: Matrix, _ b: Matrix, transposing transposition: Transposition = .neither, into c: Matrix,
    accumulate: Bool = false
  ) {
    if transposition == .second, ProductTiles.isBetterTransposed(c.rows, c.columns) {
      // One transposed copy serves all parts.
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
