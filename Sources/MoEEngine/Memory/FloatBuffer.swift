// The engine's memory: a buffer that owns Float32 values, and a matrix view of it. A view must not
// outlive its buffer.

import Foundation

/// A buffer of Float32 values, initially zero.
///
/// Access is not synchronised: concurrent parts write disjoint elements (see `Workers`).
package final class FloatBuffer: @unchecked Sendable {
  /// Number of elements.
  package let count: Int
  /// The first element.
  let start: UnsafeMutablePointer<Float>

  /// - Precondition: `count` is not negative.
  package init(_ count: Int) {
    precondition(count >= 0, "a buffer cannot have \(count) elements")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: bytes < Self.largePage ? Self.cacheLine : Self.largePage)
    #if os(Linux)
      // A training step touches all of its memory: small pages would cause many TLB misses.
      if bytes >= Self.largePage { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    start = memory.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  /// Bytes per cache line.
  static let cacheLine = 64
  /// Bytes per large page.
  private static let largePage = 1 << 21

  deinit { start.deallocate() }

  /// The whole buffer as `[rows, columns]`.
  ///
  /// - Precondition: it fits into the buffer.
  func matrix(_ rows: Int, _ columns: Int, at offset: Int = 0) -> Matrix {
    precondition(offset >= 0 && offset + rows * columns <= count, "the matrix exceeds the buffer")
    return Matrix(start: start + offset, rows: rows, columns: columns, stride: columns)
  }

  /// The elements of a range, copied.
  package subscript(range: Range<Int>) -> [Float] {
    get {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
      return Array(UnsafeBufferPointer(start: start + range.lowerBound, count: range.count))
    }
    set {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count)")
      precondition(newValue.count == range.count, "\(newValue.count) values for \(range)")
      for (index, value) in newValue.enumerated() { start[range.lowerBound + index] = value }
    }
  }

  /// All elements, copied.
  package var values: [Float] { self[0..<count] }

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

  /// A view of some of the rows.
  ///
  /// - Precondition: the range lies within the view.
  func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
    return Matrix(
      start: row(range.lowerBound), rows: range.count, columns: columns, stride: stride)
  }

  /// A view of some of the columns.
  ///
  /// - Precondition: the range lies within the view.
  func columns(_ range: Range<Int>) -> Matrix {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
    return Matrix(start: start + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  /// Sets every element to zero.
  func clear() {
    for index in 0..<rows { row(index).update(repeating: 0, count: columns) }
  }

  /// Copies the elements of another view of the same shape.
  func copy(_ other: Matrix) {
    precondition(rows == other.rows && columns == other.columns, "the shapes differ")
    for index in 0..<rows { row(index).update(from: other.row(index), count: columns) }
  }
}

/// Calls `body` with uninitialised memory for `count` floats, aligned to a cache line.
///
/// The memory comes from the stack, so successive calls reuse it while it is still in the cache.
func withTemporaryFloats(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(
    byteCount: count * MemoryLayout<Float>.stride, alignment: FloatBuffer.cacheLine
  ) { memory in
    guard let start = memory.baseAddress else { return }
    body(start.bindMemory(to: Float.self, capacity: count))
  }
}

/// Calls `body` with one uninitialised matrix for each element of `columns`, of `rows` rows each.
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
