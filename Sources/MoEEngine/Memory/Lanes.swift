// Vectors of eight floats. Lanes are summed in a fixed order, so a reduction gives the same bits on
// every machine.

/// Eight consecutive floats.
typealias Lanes = SIMD8<Float>

extension UnsafeMutablePointer<Float> {
  /// The eight floats that start at an index.
  @inline(__always)
  func lanes(_ index: Int) -> Lanes {
    UnsafeRawPointer(self + index).loadUnaligned(as: Lanes.self)
  }

  /// Writes eight floats, starting at an index.
  @inline(__always)
  func set(_ lanes: Lanes, _ index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: lanes, as: Lanes.self)
  }

  /// The remaining floats of a row of `count`, padded with zeros.
  @inline(__always)
  func tail(_ index: Int, _ count: Int) -> Lanes {
    var lanes = Lanes(repeating: 0)
    for lane in 0..<(count - index) { lanes[lane] = self[index + lane] }
    return lanes
  }

  /// Writes the remaining floats of a row of `count`.
  @inline(__always)
  func setTail(_ lanes: Lanes, _ index: Int, _ count: Int) {
    for lane in 0..<(count - index) { self[index + lane] = lanes[lane] }
  }
}

extension SIMD8<Float> {
  /// The sum of the lanes: the two halves are added lane by lane, then the halves of the result.
  @inline(__always)
  var laneSum: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}

/// Calls `body` with the index of each full vector in 0 ..< count, and `tail` with the index of the
/// remaining elements, if any.
@inline(__always)
func forEachLanes(_ count: Int, _ body: (Int) -> Void, tail: (Int) -> Void) {
  var index = 0
  while index + 8 <= count {
    body(index)
    index += 8
  }
  if index < count { tail(index) }
}

/// The dot product of two rows.
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

/// `y += scale x` for one row.
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
