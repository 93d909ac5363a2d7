// The random stream and the delays of Sources/EventKernel, bit for bit; see Peers/hold.hpp.

struct Stream {
  let key: UInt64
  let identity: UInt64
  var drawn: UInt64 = 0
  var spare: UInt64 = 0

  init(seed: UInt64, purpose: String) {
    key = seed
    let hash = purpose.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    identity = UInt64(hash) << 32
  }

  mutating func next() -> UInt64 {
    let draw = drawn
    drawn &+= 1
    if draw & 1 == 1 { return spare }
    var (low, high, roundKey) = (identity, draw &>> 1, key)
    for _ in 0..<10 {
      let product = low.multipliedFullWidth(by: 0xd2b7_4407_b1ce_6e93)
      (low, high) = (product.high ^ roundKey ^ high, product.low)
      roundKey &+= 0x9e37_79b9_7f4a_7c15
    }
    spare = high
    return low
  }

  /// An exponential delay with a mean of 1 ms, in picoseconds.
  mutating func delay() -> UInt64 {
    UInt64(-naturalLogarithm((Double(next() &>> 12) + 0.5) * 0x1p-52) * 1e9)
  }
}

func naturalLogarithm(_ x: Double) -> Double {
  let shifted = x.bitPattern &+ (0x3ff0_0000_0000_0000 &- 0x3fe6_a09e_0000_0000)
  let k = Double(Int64(bitPattern: shifted &>> 52) &- 1023)
  let fraction = (shifted & 0x000f_ffff_ffff_ffff) &+ 0x3fe6_a09e_0000_0000
  let f = Double(bitPattern: fraction) - 1
  let s = f / (2 + f)
  let z = s * s
  let w = z * z
  let evenTail = w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
  let even = w * (3.999999999940941908e-01 + evenTail)
  let oddTail = w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)
  let odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + oddTail))
  let halfSquare = 0.5 * f * f
  let rest = s * (halfSquare + (even + odd)) + k * 1.90821492927058770002e-10
  return k * 6.93147180369123816490e-01 - ((halfSquare - rest) - f)
}
