// Random numbers for simulations: one stream per seed, purpose and entity. Compared scenarios draw
// the same numbers for the same entity, however often other entities draw.

/// The purpose of a random stream, identified by its name.
public struct RandomPurpose: Hashable, Sendable {
  /// The name's 32-bit FNV-1a hash (G. Fowler, L. Noll, K.-P. Vo; RFC 9923).
  public let code: UInt32

  /// Makes a purpose from a unique name, such as `serving.arrivals`.
  public init(_ name: String) {
    var hash: UInt32 = 0x811c_9dc5
    for byte in name.utf8 {
      hash = (hash ^ UInt32(byte)) &* 0x0100_0193
    }
    code = hash
  }
}

/// A stream of random numbers, identical on every machine.
///
/// Draw n is word n mod 2 of the Philox block at counter (purpose and entity, n / 2) under the seed
/// as key; different streams of one seed never share a block. Every variate takes exactly one draw,
/// so streams of compared scenarios stay in step. A copy of the value is a checkpoint.
public struct RandomStream: Equatable, Sendable {
  @usableFromInline let key: UInt64
  @usableFromInline let identity: UInt64
  /// Numbers drawn so far.
  @usableFromInline var drawn: UInt64 = 0
  /// The second word of the current block.
  @usableFromInline var spare: UInt64 = 0

  /// Makes the stream of one entity for one purpose.
  ///
  /// - Precondition: `entity` fits in 32 bits and is not negative.
  public init(seed: UInt64, purpose: RandomPurpose, entity: Int = 0) {
    precondition(0 <= entity && entity <= UInt32.max, "an entity number has 32 bits")
    key = seed
    identity = UInt64(purpose.code) << 32 | UInt64(entity)
  }

  /// The next 64 random bits.
  ///
  /// Complexity: O(1).
  @inlinable
  public mutating func next() -> UInt64 {
    let draw = drawn
    drawn = draw &+ 1
    if draw & 1 == 1 { return spare }
    let block = Philox2x64.block(counter: (identity, draw &>> 1), key: key)
    spare = block.1
    return block.0
  }

  /// A number uniform in the open interval (0, 1): one of the 2^52 midpoints of equal cells.
  @inlinable
  public mutating func uniform() -> Double {
    (Double(next() &>> 12) + 0.5) * 0x1p-52
  }

  /// An index uniform in 0 ..< `count`; its bias is below `count` / 2^64.
  ///
  /// - Precondition: `count` > 0.
  @inlinable
  public mutating func index(below count: Int) -> Int {
    precondition(count > 0, "no index is below \(count)")
    return Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// An exponentially distributed number, by inverse CDF of one uniform.
  ///
  /// The largest is 36.7 times the mean, because the smallest uniform is 2^-53.
  @inlinable
  public mutating func exponential(mean: Double) -> Double {
    -naturalLogarithm(uniform()) * mean
  }

  /// The next two numbers of `exponential(mean:)`, at the cost of one logarithm.
  @inlinable
  public mutating func exponentialPair(mean: Double) -> SIMD2<Double> {
    let words = SIMD2(next(), next())
    // Writing the 52 bits into the low bits of 2^52 converts them with a single subtraction.
    let bits = (words &>> 12) | 0x4330_0000_0000_0000
    let uniform = (unsafeBitCast(bits, to: SIMD2<Double>.self) - 0x1p52 + 0.5) * 0x1p-52
    return -naturalLogarithms(uniform) * mean
  }
}
