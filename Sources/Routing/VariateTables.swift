// Random numbers for large samples: a fast generator, and variates by inverse CDF from tables.

import Numerics

/// Steele, Lea and Flood's generator (OOPSLA 2014), good enough for a fixed sample.
struct SplitMix64 {
  /// The seed at first, then the position in the sequence.
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Sigmoids of standard normal logits, interpolated linearly.
struct ScoreTable {
  private static let bits: UInt64 = 14
  private let values: [Float]

  init() {
    values = normalQuantiles(bits: Self.bits).map { Float(0.5 * (1 + hyperbolicTangent($0 / 2))) }
  }

  /// The score at quantile `random` / 2^64.
  func score(at random: UInt64) -> Float {
    let index = Int(random >> (64 - Self.bits))
    let fraction = Float((random << Self.bits) >> 40) * 0x1p-24
    return values[index] + (values[index + 1] - values[index]) * fraction
  }
}

/// Standard normal variates, interpolated linearly.
struct NormalTable: Sendable {
  private static let bits: UInt64 = 12
  private let values = normalQuantiles(bits: bits)

  /// The variate at quantile `random` / 2^64; its magnitude is at most 3.7.
  func value(at random: UInt64) -> Double {
    let index = Int(random >> (64 - Self.bits))
    let fraction = Double((random << Self.bits) >> 12) * 0x1p-52
    return values[index] + (values[index + 1] - values[index]) * fraction
  }
}

/// Standard Gumbel variates, without interpolation.
struct GumbelTable {
  static let ln2 = 0.693_147_180_559_945_3
  private static let bits: UInt64 = 14
  private let values: [Float]

  init() {
    let count = 1 << Self.bits
    values = (0..<count).map { index in
      let probability = (Double(index) + 0.5) / Double(count)
      return Float(-log2(-log2(probability) * Self.ln2) * Self.ln2)
    }
  }

  /// The variate at quantile `random` / 2^64.
  func value(at random: UInt64) -> Float { values[Int(random >> (64 - Self.bits))] }
}

/// Standard normal quantiles at 2^`bits` + 1 equidistant probabilities; the ends are half a step
/// inside, where the quantile is finite.
private func normalQuantiles(bits: UInt64) -> [Double] {
  let count = 1 << bits
  return (0...count).map { index in
    normalQuantile(min(max(Double(index), 0.5), Double(count) - 0.5) / Double(count))
  }
}
