// Eight-bit floats: E4M3 (no infinity, largest 448) and E5M2 (largest 57,344).
// Source: P. Micikevicius and others, "FP8 formats for deep learning", arXiv 2209.05433, table 1.

import Foundation

/// An eight-bit float format.
public enum FP8Format: Hashable, Sendable {
  /// Four bits of exponent, three of mantissa; 0x7f is NaN, there is no infinity.
  case e4m3
  /// Five bits of exponent, two of mantissa; infinity and NaN as in IEEE 754.
  case e5m2

  var mantissaBits: Int { self == .e4m3 ? 3 : 2 }
  var bias: Int { self == .e4m3 ? 7 : 15 }
  /// The largest finite value.
  public var largest: Float { self == .e4m3 ? 448 : 57_344 }

  /// The value of a code.
  public func decode(_ code: UInt8) -> Float {
    let sign: Float = code & 0x80 == 0 ? 1 : -1
    let exponent = Int(code & 0x7f) >> mantissaBits
    let fraction = Float(Int(code) & (1 << mantissaBits - 1))
    let one = Float(1 << mantissaBits)
    if self == .e4m3 && code & 0x7f == 0x7f { return .nan }
    if self == .e5m2 && exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    if exponent == 0 { return sign * scalbn(fraction / one, 1 - bias) }
    return sign * scalbn(1 + fraction / one, exponent - bias)
  }

  /// The code of the nearest value, ties to even; beyond the largest, the largest.
  public func encode(_ value: Float) -> UInt8 {
    let sign: UInt8 = value.sign == .minus ? 0x80 : 0
    guard !value.isNaN else { return sign | 0x7f }
    let magnitude = min(abs(value), largest)
    guard magnitude > 0 else { return sign }
    let exponent = max(Int(magnitude.exponent), 1 - bias)
    // Scaling by a power of two is exact, so this rounds once.
    let quanta = Int(
      scalbn(magnitude, mantissaBits - exponent).rounded(.toNearestOrEven))
    // A mantissa that rounds up to two carries into the exponent by itself; without its leading one
    // the number is subnormal, and the exponent field is zero.
    return sign | UInt8((exponent + bias - 1) << mantissaBits + quanta)
  }

  /// `encode` and `decode` of eight numbers within the format's range.
  @inline(__always)
  func round(_ x: Lanes) -> Lanes {
    let dropped = UInt32(23 - mantissaBits)
    let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
    let odd = (bits &>> dropped) & 1
    let rounded = (bits &+ odd &+ (1 << (dropped - 1) - 1)) & ~(1 << dropped - 1)
    // Below the smallest normal number the grid is even: adding 1.5 x 2^23 quanta rounds to it.
    let smallest = self == .e4m3 ? Float(0x1p-6) : 0x1p-14
    let magic = Lanes(repeating: 12_582_912 * (self == .e4m3 ? Float(0x1p-9) : 0x1p-16))
    // A negative number that rounds to zero keeps its sign.
    let grid = unsafeBitCast((x + magic) - magic, to: SIMD8<UInt32>.self)
    let subnormal = unsafeBitCast(grid | (bits & 0x8000_0000), to: Lanes.self)
    let magnitude = unsafeBitCast(bits & 0x7fff_ffff, to: Lanes.self)
    return unsafeBitCast(rounded, to: Lanes.self)
      .replacing(with: subnormal, where: magnitude .< Lanes(repeating: smallest))
  }
}

/// The nearest bfloat16 of each lane, ties to even.
@inline(__always)
func roundToBFloat16(_ x: Lanes) -> Lanes {
  let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
  let odd = (bits &>> 16) & 1
  return unsafeBitCast((bits &+ odd &+ 0x7fff) & 0xffff_0000, to: Lanes.self)
}
