// The engine's memory: one owner of flat Float32, and a view of it as a matrix. Everything else in
// the room reads and writes through these two; a view lives no longer than its buffer's owner.

import Foundation

/// Flat Float32 memory, zero at first.
///
/// Not synchronised: parts that run at once write disjoint places (see `Workers`).
public final class FloatBuffer: @unchecked Sendable {
  /// Number of elements.
  public let count: Int
  /// The first element.
  let start: UnsafeMutablePointer<Float>

  /// - Precondition: `count` is not negative.
  public init(_ count: Int) {
    precondition(count >= 0, "memory has a size")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: bytes < Self.largePage ? Self.cacheLine : Self.largePage)
    #if os(Linux)
      // A step walks through all of its memory: with small pages it misses many translations.
      if bytes >= Self.largePage { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    start = memory.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  /// Bytes of a cache line, and of a large page of memory.
  static let cacheLine = 64
  private static let largePage = 1 << 21

  deinit { start.deallocate() }

  /// The whole buffer as `[rows, columns]`.
  ///
  /// - Precondition: it fits.
  func matrix(_ rows: Int, _ columns: Int, at offset: Int = 0) -> Matrix {
    precondition(offset >= 0 && offset + rows * columns <= count, "a matrix inside its buffer")
    return Matrix(start: start + offset, rows: rows, columns: columns, stride: columns)
  }

  /// The elements of a range, copied.
  public subscript(range: Range<Int>) -> [Float] {
    get {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range of the buffer")
      return Array(UnsafeBufferPointer(start: start + range.lowerBound, count: range.count))
    }
    set {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range of the buffer")
      precondition(newValue.count == range.count, "as many values as places")
      for (index, value) in newValue.enumerated() { start[range.lowerBound + index] = value }
    }
  }

  /// All elements, copied.
  public var values: [Float] { self[0..<count] }

  /// Sets every element to zero.
  func clear() { start.update(repeating: 0, count: count) }
}

/// A row-major view of a buffer: element (r, c) is `start[r * stride + c]`.
struct Matrix {
  /// The first element.
  let start: UnsafeMutablePointer<Float>
  /// Rows of the view.
  let rows: Int
  /// Columns of the view.
  let columns: Int
  /// Elements from one row to the next.
  let stride: Int

  /// The start of a row.
  @inline(__always)
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { start + index * stride }

  /// Some of the rows.
  ///
  /// - Precondition: they are rows of the view.
  func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows of the view")
    return Matrix(
      start: row(range.lowerBound), rows: range.count, columns: columns, stride: stride)
  }

  /// Some of the columns.
  ///
  /// - Precondition: they are columns of the view.
  func columns(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns of the view")
    return Matrix(start: start + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Sets every element to zero.
  func clear() {
    for index in 0..<rows { row(index).update(repeating: 0, count: columns) }
  }

  /// Takes the elements of another view of the same shape.
  func copy(_ other: Matrix) {
    precondition(rows == other.rows && columns == other.columns, "equal shapes")
    for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
  }
}

/// Calls `body` with memory for so many floats that the next caller reuses: what a part of the work
/// needs for itself stays in the cache so. It starts at a cache line, as vectors are read fastest.
func withTemporaryFloats(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(
    byteCount: count * MemoryLayout<Float>.stride, alignment: FloatBuffer.cacheLine
  ) { memory in
    guard let start = memory.baseAddress else { return }
    body(start.bindMemory(to: Float.self, capacity: count))
  }
}

/// `withTemporaryFloats` as matrices of so many rows and of these columns each.
func withTemporaryMatrices(_ rows: Int, columns: [Int], _ body: ([Matrix]) -> Void) {
  withTemporaryFloats(columns.reduce(0) { $0 + rows * $1 }) { start in
    var start = start
    body(
      columns.map { columns in
        defer { start += rows * columns }
        return Matrix(start: start, rows: rows, columns: columns, stride: columns)
      })
  }
}
