// A matrix in E4M3 with its scales, as one factor of a product.
//
// Along the summed side every 128 elements are a chunk. A chunk of a row has a scale of its own
// (tile), or shares it with the chunks of 128 rows (block), or all share one (tensor). Values are
// held as Float32 numbers of the E4M3 grid: what the codes mean, so products of them are exact.

/// An E4M3 matrix with scales.
struct QuantizedMatrix {
  /// What shares a scale.
  enum Grain {
    /// 1 x 128 along the sum.
    case tile
    /// 128 x 128.
    case block
    /// Everything.
    case tensor
  }

  /// The side of the matrix that a product sums over.
  enum SummedSide {
    case columns
    case rows
  }

  /// Elements of a chunk (DeepSeek-V3 report, section 3.3.2).
  static let chunk = 128
  /// Smallest magnitude that a tile is scaled by (DeepSeek-V3 inference code, `act_quant_kernel`).
  static let smallestTile: Float = 1e-4

  /// Grid values, in the shape of the original.
  let values: Matrix
  let summed: SummedSide
  /// Scale of each row or column that is not summed, in each chunk: `[chunks, outer]`.
  let scales: Matrix
  /// Elements of a chunk: all where there is one scale.
  let chunkLength: Int
  private let memory: [FloatBuffer]

  /// Quantises a matrix.
  ///
  /// - Parameter powersOfTwo: rounds scales up to powers of two, as DeepSeek-V3.1 does.
  init(
    _ x: Matrix, summed: SummedSide, grain: Grain, workers: Workers, powersOfTwo: Bool = false
  ) {
    let (outer, inner) = summed == .columns ? (x.rows, x.columns) : (x.columns, x.rows)
    chunkLength = grain == .tensor ? max(inner, 1) : Self.chunk
    let chunks = (inner + chunkLength - 1) / chunkLength
    let memory = FloatBuffer(x.rows * x.columns)
    let scaleMemory = FloatBuffer(chunks * outer)
    self.memory = [memory, scaleMemory]
    self.summed = summed
    values = memory.matrix(x.rows, x.columns)
    scales = scaleMemory.matrix(chunks, outer)
    let (scales, values, length) = (scales, values, chunkLength)
    // A part holds whole scales: a chunk, or a stripe of 128 across it.
    let stripe = grain == .tensor ? max(outer, 1) : Self.chunk
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
      Self.scale(row, others.count, grain, powersOfTwo)
      Self.quantise(piece, summed, by: row, into: target)
    }
  }

  /// The largest magnitude along the sum, for each row or column that is not summed.
  private static func magnitudes(
    of x: Matrix, _ summed: SummedSide, into row: UnsafeMutablePointer<Float>
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

  /// Turns magnitudes into scales.
  private static func scale(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, _ grain: Grain, _ powersOfTwo: Bool
  ) {
    if grain != .tile {
      var largest: Float = 0
      for index in 0..<count { largest = Swift.max(largest, row[index]) }
      row.update(repeating: largest, count: count)
    }
    for index in 0..<count {
      var magnitude = row[index]
      if grain == .tile { magnitude = Swift.max(magnitude, smallestTile) }
      let scale = magnitude == 0 ? 1 : magnitude / FP8Format.e4m3.largest
      row[index] = powersOfTwo ? powerOfTwo(above: scale) : scale
    }
  }

  /// The smallest power of two that is not below a number.
  private static func powerOfTwo(above value: Float) -> Float {
    value.significand == 1 ? value : value.binade * 2
  }

  private static func quantise(
    _ x: Matrix, _ summed: SummedSide, by scales: UnsafeMutablePointer<Float>, into y: Matrix
  ) {
    let largest = Lanes(repeating: FP8Format.e4m3.largest)
    // A quotient can pass the largest value by its own rounding.
    func value(_ x: Lanes, _ scale: Lanes) -> Lanes {
      var quotient = x / scale
      quotient = quotient.replacing(with: largest, where: quotient .> largest)
      quotient = quotient.replacing(with: -largest, where: quotient .< -largest)
      return FP8Format.e4m3.round(quotient)
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
