// exp, sigmoid and square root of eight floats. They use IEEE arithmetic only, so they give the
// same bits on every machine; the functions of the C library do not.

/// exp of each lane; the argument is clamped to -87 ... 88. Relative error below 2e-7.
///
/// exp(x) = 2^n exp(r) with n = round(x / ln 2) and the polynomial in r of Cephes' expf
/// (S. L. Moshier, 1992).
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let low = Lanes(repeating: -87)
  let high = Lanes(repeating: 88)
  var x = x.replacing(with: low, where: x .< low)
  x = x.replacing(with: high, where: x .> high)
  // Adding 1.5 x 2^23 rounds to an integer and leaves it in the low bits.
  let magic = Lanes(repeating: 12_582_912)
  let shifted = x * 1.44269504 + magic
  let n = shifted - magic
  let r = (x - n * 0.693359375) - n * -2.12194440e-4
  var y = r * 1.9875691500e-4 + 1.3981999507e-3
  y = y * r + 8.3334519073e-3
  y = y * r + 4.1665795894e-2
  y = y * r + 1.6666665459e-1
  y = y * r + 5.0000001201e-1
  y = y * (r * r) + r + 1
  let bits = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(y, to: SIMD8<UInt32>.self) &+ bits, to: Lanes.self)
}

/// 1 / (1 + exp(-x)) of each lane.
@inline(__always)
func sigmoid(_ x: Lanes) -> Lanes { 1 / (1 + exponential(-x)) }

/// The square root of each lane, for non-negative arguments; within two units in the last place.
///
/// Three Newton iterations for 1 / sqrt(x), from an estimate that halves the exponent in the bit
/// pattern (C. Lomont, "Fast inverse square root", 2003). The relative error falls from 3e-2 over
/// 2e-3 and 5e-6 to Float32 precision. The standard library computes the square root of a vector
/// lane by lane.
@inline(__always)
func squareRoot(_ x: Lanes) -> Lanes {
  let bits = unsafeBitCast(x, to: SIMD8<UInt32>.self)
  var y = unsafeBitCast(SIMD8<UInt32>(repeating: 0x5f37_59df) &- (bits &>> 1), to: Lanes.self)
  let half = x * 0.5
  for _ in 0..<3 { y *= 1.5 - half * y * y }
  return x * y
}
