// One number that identifies a whole run: which events ran, when, and in which order. It is XXH64
// with seed 0 over 16 bytes per event, time and word as little-endian UInt64, so any xxHash program
// computes the same number for the same list of events.
// Source: Y. Collet, "xxHash fast digest algorithm", doc/xxhash_spec.md of
// github.com/Cyan4973/xxHash.

/// An order-sensitive 64-bit hash over executed events.
public struct Fingerprint: Equatable, Sendable {
  @usableFromInline var lane0: UInt64
  @usableFromInline var lane1: UInt64
  @usableFromInline var lane2: UInt64
  @usableFromInline var lane3: UInt64
  /// The first event of an unfinished pair; a pair fills the 32 bytes that one round needs.
  @usableFromInline var heldTime: UInt64 = 0
  @usableFromInline var heldWord: UInt64 = 0

  /// Number of events hashed.
  @usableFromInline var taken: UInt64 = 0

  @inlinable static var prime1: UInt64 { 0x9e37_79b1_85eb_ca87 }
  @inlinable static var prime2: UInt64 { 0xc2b2_ae3d_27d4_eb4f }
  @inlinable static var prime3: UInt64 { 0x1656_67b1_9e37_79f9 }
  @inlinable static var prime4: UInt64 { 0x85eb_ca77_c2b2_ae63 }
  @inlinable static var prime5: UInt64 { 0x27d4_eb2f_1656_67c5 }

  /// The fingerprint of a run without events.
  @inlinable
  public init() {
    lane0 = Self.prime1 &+ Self.prime2
    lane1 = Self.prime2
    lane2 = 0
    lane3 = 0 &- Self.prime1
  }

  /// Adds one event to the hash.
  ///
  /// Complexity: O(1).
  @inlinable @inline(__always)
  public mutating func combine(picoseconds: UInt64, word: UInt64) {
    if taken & 1 == 0 {
      heldTime = picoseconds
      heldWord = word
    } else {
      lane0 = Self.round(lane0, heldTime)
      lane1 = Self.round(lane1, heldWord)
      lane2 = Self.round(lane2, picoseconds)
      lane3 = Self.round(lane3, word)
    }
    taken &+= 1
  }

  /// The hash of all events added so far.
  ///
  /// Complexity: O(1).
  public var value: UInt64 {
    var hash: UInt64
    if taken >= 2 {
      hash = rotated(lane0, 1) &+ rotated(lane1, 7) &+ rotated(lane2, 12) &+ rotated(lane3, 18)
      for lane in [lane0, lane1, lane2, lane3] {
        hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = Self.prime5
    }
    hash = hash &+ taken &* 16
    if taken & 1 == 1 {
      for tail in [heldTime, heldWord] {
        hash = rotated(hash ^ Self.round(0, tail), 27) &* Self.prime1 &+ Self.prime4
      }
    }
    hash = (hash ^ hash >> 33) &* Self.prime2
    hash = (hash ^ hash >> 29) &* Self.prime3
    return hash ^ hash >> 32
  }

  /// The hash as 16 hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  @inlinable @inline(__always)
  static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    let mixed = lane &+ input &* prime2
    return (mixed &<< 31 | mixed &>> 33) &* prime1
  }

  private func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 {
    value &<< by | value &>> (64 &- by)
  }
}
