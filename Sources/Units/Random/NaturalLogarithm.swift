// The natural logarithm in plain IEEE 754 additions, multiplications and one division. The C
// library selects its code path by processor, and the last bit depends on it; this version gives
// the same bits everywhere, as fingerprints require. Two logarithms at once cost as much as one.
// Source: argument reduction and coefficients of fdlibm's e_log.c (Sun Microsystems, 1993). Legend:
// x = 2^k (1 + f), s = f / (2 + f), z = s^2, w = z^2, log(1 + f) = 2 s + s R(z).

/// The natural logarithms of two positive, finite, normal numbers, to within 1 ulp.
///
/// - Precondition: both numbers are positive, finite and normal. Not checked: callers draw from a
///   range that guarantees it.
@inlinable
public func naturalLogarithms(_ x: SIMD2<Double>) -> SIMD2<Double> {
  // Adding the distance from sqrt(1/2) to 1 makes the exponent change at sqrt(1/2), which puts
  // 1 + f in 0.707 ... 1.414.
  let shifted =
    unsafeBitCast(x, to: SIMD2<UInt64>.self) &+ (0x3ff0_0000_0000_0000 &- 0x3fe6_a09e_0000_0000)
  let fraction = (shifted & 0x000f_ffff_ffff_ffff) &+ 0x3fe6_a09e_0000_0000
  let f = unsafeBitCast(fraction, to: SIMD2<Double>.self) - 1
  // Writing the biased exponent into the low bits of 2^52 converts it with a single subtraction.
  let biased = (shifted &>> 52) | 0x4330_0000_0000_0000
  let k = unsafeBitCast(biased, to: SIMD2<Double>.self) - (0x1p52 + 1023)

  let s = f / (f + 2)
  let z = s * s
  let w = z * z
  let evenTail = w * (w * 1.531383769920937332e-01 + 2.222219843214978396e-01)
  let even = w * (evenTail + 3.999999999940941908e-01)
  let oddTail = w * (w * 1.479819860511658591e-01 + 1.818357216161805012e-01)
  let odd = z * (w * (oddTail + 2.857142874366239149e-01) + 6.666666666666735130e-01)
  let halfSquare = f * f * 0.5
  let rest = s * (halfSquare + (even + odd)) + k * 1.90821492927058770002e-10
  return k * 6.93147180369123816490e-01 - ((halfSquare - rest) - f)
}

/// The natural logarithm of a positive, finite, normal number, to within 1 ulp.
///
/// - Precondition: see `naturalLogarithms`.
@inlinable
public func naturalLogarithm(_ x: Double) -> Double {
  naturalLogarithms(SIMD2(repeating: x))[0]
}
