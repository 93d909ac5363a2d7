// The entries of an event queue: 16 plain bytes that compare as one number. The payload is stored
// in the slab, in the slot given by the lowest bits.

/// The rank of an event among all events of the same instant; lower levels run first.
public struct EventPriority: Hashable, Comparable, Sendable {
  /// The level, 0 ... 7.
  public let level: UInt8

  /// Makes a priority from its level.
  ///
  /// - Precondition: `level` is at most 7; the queue's order word has three bits for it.
  @inlinable
  public init(level: UInt8) {
    precondition(level <= 7, "an event priority is 0 ... 7")
    self.level = level
  }

  /// Before everything else of the instant.
  @inlinable public static var first: EventPriority { EventPriority(level: 0) }
  /// The default.
  @inlinable public static var normal: EventPriority { EventPriority(level: 4) }
  /// After everything else of the instant.
  @inlinable public static var last: EventPriority { EventPriority(level: 7) }

  @inlinable
  public static func < (a: EventPriority, b: EventPriority) -> Bool { a.level < b.level }
}

/// One entry of an event queue.
///
/// From the highest bit: 64 bits of time in picoseconds, 3 of priority, 37 of sequence number, 24
/// of slot. Sequence numbers are assigned at scheduling and never reused, so the order is total,
/// the same for every queue, and first in, first out among events of one time and priority.
public struct QueuedEvent: Hashable, Comparable, BitwiseCopyable, Sendable {
  /// All fields as one number, which defines the order.
  public let bits: UInt128

  /// Number of distinct slots; the highest number is reserved as the end of the free list.
  @inlinable public static var slotLimit: Int { (1 << 24) - 1 }
  /// Number of distinct sequence numbers: 137 billion events in one kernel.
  @inlinable public static var sequenceLimit: UInt64 { 1 << 37 }
  /// Later than every event; it marks empty places.
  @inlinable public static var never: QueuedEvent { QueuedEvent(bits: .max) }

  @inlinable
  init(bits: UInt128) {
    self.bits = bits
  }

  /// Makes an entry from its time in picoseconds and its order word.
  @inlinable
  public init(picoseconds: UInt64, order: UInt64) {
    bits = UInt128(picoseconds) &<< 64 | UInt128(order)
  }

  /// The word that orders events of one instant and names the slot.
  ///
  /// - Precondition: `sequence` < `sequenceLimit` and `slot` < `slotLimit`; the kernel checks both
  ///   when it assigns them.
  @inlinable
  public static func order(priority: EventPriority, sequence: UInt64, slot: UInt32) -> UInt64 {
    UInt64(priority.level) &<< 61 | sequence &<< 24 | UInt64(slot)
  }

  /// Time in picoseconds since the start of the simulation.
  @inlinable public var picoseconds: UInt64 { UInt64(truncatingIfNeeded: bits &>> 64) }
  /// Priority, sequence number and slot.
  @inlinable public var order: UInt64 { UInt64(truncatingIfNeeded: bits) }
  /// The slot of the payload in the slab.
  @inlinable public var slot: UInt32 { UInt32(truncatingIfNeeded: bits) & 0xff_ffff }

  @inlinable
  public static func < (a: QueuedEvent, b: QueuedEvent) -> Bool { a.bits < b.bits }
}
