// Products of quantised matrices. Each chunk of 128 products is summed first; its partial sum is
// multiplied by the scales of both factors and added to the result in Float32.

import Units

/// `c = a b` for two quantised factors.
///
/// - Parameters:
///   - a: `[m, k]` summed over columns, or `[k, m]` summed over rows.
///   - b: `[n, k]` summed over columns, or `[k, n]` summed over rows.
///   - c: `[m, n]`.
///   - finish: receives each block of finished rows, for example to round them into `c`.
/// - Precondition: shapes and chunks match.
func multiply(
  _ a: QuantizedMatrix, _ b: QuantizedMatrix, into c: Matrix, workers: Workers,
  finish: (_ result: Matrix, _ rows: Range<Int>) -> Void
) {
  precondition(
    a.chunkLength == b.chunkLength && a.scales.rows == b.scales.rows, "chunks of a product match")
  precondition(
    a.scales.columns == c.rows && b.scales.columns == c.columns, "shapes of a product match")
  workers.run(c.rows, by: 128) { rows in
    let memory = FloatBuffer(2 * rows.count * c.columns)
    let partial = memory.matrix(rows.count, c.columns)
    let sum = memory.matrix(rows.count, c.columns, at: rows.count * c.columns)
    for chunk in 0..<a.scales.rows {
      multiplyChunk(a, b, chunk, rows, into: partial)
      for index in 0..<rows.count {
        promote(
          partial.row(index), by: a.scales.row(chunk)[rows.lowerBound + index],
          and: b.scales.row(chunk), to: sum.row(index), c.columns)
      }
    }
    finish(sum, rows)
  }
}

/// The partial sums of one chunk for some rows.
private func multiplyChunk(
  _ a: QuantizedMatrix, _ b: QuantizedMatrix, _ chunk: Int, _ rows: Range<Int>,
  into partial: Matrix
) {
  func sum(_ count: Int) -> Range<Int> {
    chunk * a.chunkLength..<min(count, (chunk + 1) * a.chunkLength)
  }
  let first =
    a.summed == .columns
    ? a.values.rows(rows).columns(sum(a.values.columns))
    : a.values.rows(sum(a.values.rows)).columns(rows)
  let second =
    b.summed == .columns
    ? b.values.columns(sum(b.values.columns)) : b.values.rows(sum(b.values.rows))
  switch (a.summed, b.summed) {
  case (.columns, .columns): multiply(first, second, transposing: .second, into: partial)
  case (.columns, .rows): multiply(first, second, into: partial)
  case (.rows, .rows): multiply(first, second, transposing: .first, into: partial)
  case (.rows, .columns): preconditionFailure("no product has both factors transposed")
  }
}

/// `sum += partial x scale x scales` for one row.
private func promote(
  _ partial: UnsafeMutablePointer<Float>, by scale: Float,
  and scales: UnsafeMutablePointer<Float>, to sum: UnsafeMutablePointer<Float>, _ count: Int
) {
  forEachLanes(count) {
    sum.set(sum.lanes($0) + partial.lanes($0) * (scales.lanes($0) * scale), $0)
  } tail: {
    sum.setTail(
      sum.tail($0, count) + partial.tail($0, count) * (scales.tail($0, count) * scale), $0, count)
  }
}
