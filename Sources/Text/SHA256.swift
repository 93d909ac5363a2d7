// SHA-256 (FIPS 180-4) to identify orders, scenarios and traces; not for secrets.

/// The SHA-256 hash function.
public enum SHA256 {
  /// The digest of bytes as 64 lower-case hexadecimal digits.
  ///
  /// Complexity: O(bytes).
  public static func hexDigest(_ bytes: [UInt8]) -> String {
    var state = initialState
    let padded = padded(bytes)
    for block in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[block..<block + 64], into: &state)
    }
    let digits = Array("0123456789abcdef")
    var text = ""
    for word in state {
      for shift in stride(from: 28, through: 0, by: -4) {
        text.append(digits[Int(word >> UInt32(shift) & 15)])
      }
    }
    return text
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    var padded = bytes + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bitCount = UInt64(bytes.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) {
      padded.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    return padded
  }

  private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
    var w: [UInt32] = []
    w.reserveCapacity(64)
    for i in stride(from: block.startIndex, to: block.endIndex, by: 4) {
      w.append(block[i..<i + 4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    for t in 16..<64 {
      let (a, b) = (w[t - 15], w[t - 2])
      let s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
      let s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
      w.append(w[t - 16] &+ s0 &+ w[t - 7] &+ s1)
    }
    var v = state
    for t in 0..<64 {
      let sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
      let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
      let t1 = v[7] &+ sum1 &+ choice &+ constants[t] &+ w[t]
      let sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
      let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
      v = [t1 &+ sum0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
    }
    for i in 0..<8 { state[i] = state[i] &+ v[i] }
  }

  private static func rotate(_ x: UInt32, _ count: UInt32) -> UInt32 {
    x >> count | x << (32 - count)
  }

  /// The first 64 primes.
  private static let primes: [UInt64] = {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }()

  /// The first 32 fractional bits of the square roots of the first 8 primes.
  private static let initialState = primes.prefix(8).map { prime -> UInt32 in
    UInt32(truncatingIfNeeded: largest { multipliedUp([$0, $0]) <= Wide(high: prime, low: 0) })
  }

  /// The first 32 fractional bits of the cube roots of the first 64 primes.
  private static let constants = primes.map { prime -> UInt32 in
    UInt32(
      truncatingIfNeeded: largest { multipliedUp([$0, $0, $0]) <= Wide(high: prime << 32, low: 0) })
  }

  /// A 128-bit number. The roots are scaled by 2^32, hence their powers by 2^64 and 2^96.
  private struct Wide: Comparable {
    var high: UInt64
    var low: UInt64

    static func < (a: Wide, b: Wide) -> Bool { (a.high, a.low) < (b.high, b.low) }
  }

  private static func multipliedUp(_ factors: [UInt64]) -> Wide {
    var product = Wide(high: 0, low: 1)
    for factor in factors {
      let low = product.low.multipliedFullWidth(by: factor)
      product = Wide(high: product.high * factor + low.high, low: low.low)
    }
    return product
  }

  /// The largest number below 2^38 that satisfies a condition which holds up to some number and
  /// fails above it.
  private static func largest(_ holds: (UInt64) -> Bool) -> UInt64 {
    var found: UInt64 = 0
    for bit in stride(from: 37, through: 0, by: -1) where holds(found | 1 << UInt64(bit)) {
      found |= 1 << UInt64(bit)
    }
    return found
  }
}
