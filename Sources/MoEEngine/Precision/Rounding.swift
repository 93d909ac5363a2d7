// Rounding of Float32 lanes to the grids of narrower formats.

/// The eight-bit format E4M3: four bits of exponent, three of mantissa, no infinity.
///
/// Source: P. Micikevicius and others, "FP8 formats for deep learning", arXiv 2209.05433, table 1.
enum E4M3 {
  /// The largest finite value.
  static let largest: Float = 448

  /// The nearest value of the format for each lane, ties to even.
  ///
  /// - Precondition: magnitudes do not exceed `largest`; not checked.
  @inline(__always)
  static func round(_ x: Lanes) -> Lanes {
    // Float32 has 20 mantissa bits more.
    let dropped: UInt32 = 20
    let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
    let odd = (bits &>> dropped) & 1
    let belowHalf: UInt32 = 1 << (dropped - 1) - 1
    let kept: UInt32 = ~(1 << dropped - 1)
    let rounded = (bits &+ odd &+ belowHalf) & kept
    // Subnormal numbers are evenly spaced: adding 1.5 x 2^23 times their spacing, 2^-9, rounds to
    // the nearest.
    let magic = Lanes(repeating: 12_582_912 * 0x1p-9)
    let nearest = unsafeBitCast((x + magic) - magic, to: SIMD8<UInt32>.self)
    // A negative number that rounds to zero keeps its sign.
    let subnormal = unsafeBitCast(nearest | (bits & 0x8000_0000), to: Lanes.self)
    let magnitude = unsafeBitCast(bits & 0x7fff_ffff, to: Lanes.self)
    return unsafeBitCast(rounded, to: Lanes.self)
      .replacing(with: subnormal, where: magnitude .< Lanes(repeating: 0x1p-6))
  }
}

/// The nearest bfloat16 of each lane, ties to even.
@inline(__always)
func roundToBFloat16(_ x: Lanes) -> Lanes {
  let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
  let odd = (bits &>> 16) & 1
  return unsafeBitCast((bits &+ odd &+ 0x7fff) & 0xffff_0000, to: Lanes.self)
}
