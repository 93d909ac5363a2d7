// Eight floats at a time. Lane sums are taken in a fixed tree, so that a reduction has the same
// bits on every machine.

/// Eight neighbouring floats.
typealias Lanes = SIMD8<Float>

extension UnsafeMutablePointer<Float> {
  /// The eight floats from an index on.
  @inline(__always)
  func lanes(_ index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }

  /// Writes eight floats from an index on.
  @inline(__always)
  func set(_ lanes: Lanes, _ index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: lanes, as: Lanes.self)
  }

  /// The floats of an unfinished vector, zero behind the last.
  @inline(__always)
  func tail(_ index: Int, _ count: Int) -> Lanes {
    var lanes = Lanes(repeating: 0)
    for lane in 0..<(count - index) { lanes[lane] = self[index + lane] }
    return lanes
  }

  /// Writes the floats of an unfinished vector.
  @inline(__always)
  func setTail(_ lanes: Lanes, _ index: Int, _ count: Int) {
    for lane in 0..<(count - index) { self[index + lane] = lanes[lane] }
  }
}

extension SIMD8<Float> {
  /// The sum of the lanes, neighbours four apart first.
  @inline(__always)
  var laneSum: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// Calls `body` for each vector of 0 ..< count, and `tail` once where a last one is unfinished.
@inline(__always)
func forEachLanes(_ count: Int, _ body: (Int) -> Void, tail: (Int) -> Void) {
  var index = 0
  while index + 8 <= count {
    body(index)
    index += 8
  }
  if index < count { tail(index) }
}

/// The scalar product of two rows.
func dot(_ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ count: Int) -> Float
{
  var sum = Lanes(repeating: 0)
  forEachLanes(count) {
    sum += a.lanes($0) * b.lanes($0)
  } tail: {
    sum += a.tail($0, count) * b.tail($0, count)
  }
  return sum.laneSum
}

/// `y += scale x` over a row.
func addScaled(
  _ scale: Float, _ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int
) {
  let factor = Lanes(repeating: scale)
  forEachLanes(count) {
    y.set(y.lanes($0) + factor * x.lanes($0), $0)
  } tail: {
    y.setTail(y.tail($0, count) + factor * x.tail($0, count), $0, count)
  }
}

/// `y = factor x` over a row; may be the same memory.
func scale(
  _ x: UnsafeMutablePointer<Float>, by factor: Float, into y: UnsafeMutablePointer<Float>,
  _ count: Int
) {
  let factors = Lanes(repeating: factor)
  forEachLanes(count) {
    y.set(factors * x.lanes($0), $0)
  } tail: {
    y.setTail(factors * x.tail($0, count), $0, count)
  }
}
