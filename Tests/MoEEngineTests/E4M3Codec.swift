// The slow, clear form of E4M3 that `E4M3.round` is tested against.
// Source: P. Micikevicius and others, "FP8 formats for deep learning", arXiv 2209.05433, table 1.

import Foundation

@testable import MoEEngine

/// The eight-bit codes of E4M3: sign, four bits of exponent with a bias of 7, three of mantissa.
/// 0x7f is NaN; there is no infinity.
enum E4M3Codec {
  /// The value of a code.
  static func decode(_ code: UInt8) -> Float {
    let sign: Float = code & 0x80 == 0 ? 1 : -1
    let (exponent, fraction) = (Int(code & 0x7f) >> 3, Float(code & 7) / 8)
    if code & 0x7f == 0x7f { return .nan }
    if exponent == 0 { return sign * scalbn(fraction, -6) }
    return sign * scalbn(1 + fraction, exponent - 7)
  }

  /// The code of the nearest value, ties to even; larger magnitudes saturate.
  static func encode(_ value: Float) -> UInt8 {
    let sign: UInt8 = value.sign == .minus ? 0x80 : 0
    guard !value.isNaN else { return sign | 0x7f }
    let magnitude = min(abs(value), E4M3.largest)
    guard magnitude > 0 else { return sign }
    let exponent = max(Int(magnitude.exponent), -6)
    // Scaling by a power of two is exact, so this rounds once.
    let mantissa = Int(scalbn(magnitude, 3 - exponent).rounded(.toNearestOrEven))
    // A mantissa that rounds up to 16 carries into the exponent by itself. A subnormal number has
    // no leading one, so its exponent field is zero.
    return sign | UInt8((exponent + 6) << 3 + mantissa)
  }
}
