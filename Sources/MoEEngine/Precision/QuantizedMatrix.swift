// An E4M3 matrix with its scales, as one factor of a product.
//
// The summed dimension is divided into chunks of 128 elements. A scale covers one chunk of one row
// (tile), one chunk of 128 rows (block) or the whole matrix (tensor). Values are stored as Float32
// numbers on the E4M3 grid, so the product of two of them is exact.

import Units

/// An E4M3 matrix with scales.
struct QuantizedMatrix {
  /// The part of the matrix that shares one scale.
  enum Granularity {
    /// 1 x 128 along the summed dimension.
    case tile
    /// 128 x 128.
    case block
    /// The whole matrix.
    case tensor
  }

  /// The dimension of the matrix that a product sums over.
  enum SummedDimension {
    case columns
    case rows
  }

  /// Elements of a chunk (DeepSeek-V3 report, section 3.3.2).
  static let chunk = 128
  /// Lower bound of the magnitude that sets a tile's scale (DeepSeek-V3 inference code,
  /// `act_quant_kernel`).
  static let smallestTile: Float = 1e-4

  /// Values on the E4M3 grid, in the shape of the original.
  let values: Matrix
  let summed: SummedDimension
  /// Scale of each chunk for each row or column that is not summed: `[chunks, outer]`.
  let scales: Matrix
  /// Elements per chunk; the whole summed dimension if there is only one scale.
  let chunkLength: Int
  private let memory: [FloatBuffer]

  /// Quantises a matrix.
  ///
  /// - Parameter powersOfTwo: round scales up to powers of two, as DeepSeek-V3.1 does.
  init(
    _ x: Matrix, summed: SummedDimension, granularity: Granularity, workers: Workers,
    powersOfTwo: Bool = false
  ) {
    let (outer, inner) = summed == .columns ? (x.rows, x.columns) : (x.columns, x.rows)
    chunkLength = granularity == .tensor ? max(inner, 1) : Self.chunk
    let chunks = (inner + chunkLength - 1) / chunkLength
    let memory = FloatBuffer(x.rows * x.columns)
    let scaleMemory = FloatBuffer(chunks * outer)
    self.memory = [memory, scaleMemory]
    self.summed = summed
    values = memory.matrix(x.rows, x.columns)
    scales = scaleMemory.matrix(chunks, outer)
    let (scales, values, length) = (scales, values, chunkLength)
    // Each part covers one chunk by one stripe of 128 rows, so no scale spans two parts.
    let stripe = granularity == .tensor ? max(outer, 1) : Self.chunk
    let stripes = (outer + stripe - 1) / stripe
    workers.run(chunks * stripes) { part in
      let (chunk, index) = part.quotientAndRemainder(dividingBy: max(stripes, 1))
      let sum = chunk * length..<min(inner, (chunk + 1) * length)
      let others = index * stripe..<min(outer, (index + 1) * stripe)
      let piece =
        summed == .columns ? x.rows(others).columns(sum) : x.rows(sum).columns(others)
      let target =
        summed == .columns ? values.rows(others).columns(sum) : values.rows(sum).columns(others)
      let row = scales.row(chunk) + others.lowerBound
      Self.magnitudes(of: piece, summed, into: row)
      Self.scale(row, others.count, granularity, powersOfTwo)
      Self.quantise(piece, summed, by: row, into: target)
    }
  }

  /// The largest magnitude along the summed dimension, for each row or column that is not summed.
  private static func magnitudes(
    of x: Matrix, _ summed: SummedDimension, into row: UnsafeMutablePointer<Float>
  ) {
    if summed == .columns {
      for index in 0..<x.rows { row[index] = largestMagnitude(x.row(index), x.columns) }
      return
    }
    row.update(repeating: 0, count: x.columns)
    for index in 0..<x.rows {
      let source = x.row(index)
      forEachLanes(x.columns) {
        row.set(larger(row.lanes($0), source.lanes($0)), $0)
      } tail: {
        row.setTail(larger(row.tail($0, x.columns), source.tail($0, x.columns)), $0, x.columns)
      }
    }
  }

  private static func largestMagnitude(
    _ row: UnsafeMutablePointer<Float>, _ count: Int
  ) -> Float {
    var best = Lanes(repeating: 0)
    forEachLanes(count) {
      best = larger(best, row.lanes($0))
    } tail: {
      best = larger(best, row.tail($0, count))
    }
    var largest: Float = 0
    for lane in 0..<8 { largest = Swift.max(largest, best[lane]) }
    return largest
  }

  @inline(__always)
  private static func larger(_ best: Lanes, _ x: Lanes) -> Lanes {
    let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self) & 0x7fff_ffff
    let magnitude = unsafeBitCast(bits, to: Lanes.self)
    return best.replacing(with: magnitude, where: magnitude .> best)
  }

  /// Replaces magnitudes by scales.
  private static func scale(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, _ granularity: Granularity,
    _ powersOfTwo: Bool
  ) {
    if granularity != .tile {
      var largest: Float = 0
      for index in 0..<count { largest = Swift.max(largest, row[index]) }
      row.update(repeating: largest, count: count)
    }
    for index in 0..<count {
      var magnitude = row[index]
      if granularity == .tile { magnitude = Swift.max(magnitude, smallestTile) }
      let scale = magnitude == 0 ? 1 : magnitude / E4M3.largest
      row[index] = powersOfTwo ? powerOfTwo(above: scale) : scale
    }
  }

  /// The smallest power of two that is at least `value`.
  private static func powerOfTwo(above value: Float) -> Float {
    value.significand == 1 ? value : value.binade * 2
  }

  private static func quantise(
    _ x: Matrix, _ summed: SummedDimension, by scales: UnsafeMutablePointer<Float>, into y: Matrix
  ) {
    let largest = Lanes(repeating: E4M3.largest)
    // The division can round to slightly more than the largest value.
    func value(_ x: Lanes, _ scale: Lanes) -> Lanes {
      var quotient = x / scale
      quotient = quotient.replacing(with: largest, where: quotient .> largest)
      quotient = quotient.replacing(with: -largest, where: quotient .< -largest)
      return E4M3.round(quotient)
    }
    let count = x.columns
    for index in 0..<x.rows {
      let (source, target) = (x.row(index), y.row(index))
      let scale = Lanes(repeating: summed == .columns ? scales[index] : 1)
      forEachLanes(count) {
        let divisor = summed == .columns ? scale : scales.lanes($0)
        target.set(value(source.lanes($0), divisor), $0)
      } tail: { place in
        var divisor = summed == .columns ? scale : scales.tail(place, count)
        for lane in (count - place)..<8 { divisor[lane] = 1 }
        target.setTail(value(source.tail(place, count), divisor), place, count)
      }
    }
  }
}
