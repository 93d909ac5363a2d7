// Storage of pending payloads: plain records in raw memory, numbered by slot, with a chain of free
// slots. Slots are reused last-in first-out, so the record that an event frees is still in cache
// for the event it schedules.

/// Plain records by slot number, each with the order word of the event that owns it.
///
/// The order word is the generation number: it never occurs twice in a kernel, so a word that is no
/// longer in its slot belongs to an event that ran or was cancelled.
public struct EventSlab<Payload: BitwiseCopyable>: ~Copyable {
  /// One slot of the slab.
  public struct Record: BitwiseCopyable {
    /// The owner's order word; in a free record, the number of the next free slot, which is never
    /// the record's own and therefore matches no owner.
    public var order: UInt64
    /// The owner's payload.
    public var payload: Payload

    @inlinable
    init(order: UInt64, payload: Payload) {
      self.order = order
      self.payload = payload
    }
  }

  @usableFromInline var records: UnsafeMutablePointer<Record>
  @usableFromInline var capacity: Int
  /// Slots used at least once.
  @usableFromInline var used: Int
  @usableFromInline var freeSlot: UInt32

  /// Ends the chain of free slots.
  @inlinable static var noSlot: UInt32 { UInt32(QueuedEvent.slotLimit) }

  /// Makes an empty slab.
  @inlinable
  public init() {
    capacity = 64
    records = UnsafeMutablePointer<Record>.allocate(capacity: capacity)
    used = 0
    freeSlot = Self.noSlot
  }

  deinit {
    records.deallocate()
  }

  /// Reserves the slot that the next `put` must fill.
  ///
  /// Complexity: O(1) amortised.
  /// - Precondition: fewer than `QueuedEvent.slotLimit` records are in use.
  @inlinable @inline(__always)
  public mutating func reserveSlot() -> UInt32 {
    let slot = freeSlot
    if slot != Self.noSlot {
      freeSlot = UInt32(truncatingIfNeeded: records[Int(slot)].order)
      return slot
    }
    if used == capacity { grow() }
    used &+= 1
    return UInt32(truncatingIfNeeded: used &- 1)
  }

  /// Fills a reserved slot.
  ///
  /// Complexity: O(1).
  @inlinable @inline(__always)
  public mutating func put(_ payload: Payload, slot: UInt32, order: UInt64) {
    (records + Int(slot)).initialize(to: Record(order: order, payload: payload))
  }

  /// Whether the slot named by `order` still belongs to it.
  ///
  /// Complexity: O(1).
  @inlinable @inline(__always)
  public func isOwned(by order: UInt64, slot: UInt32) -> Bool {
    Int(slot) < used && records[Int(slot)].order == order
  }

  /// Removes the payload from a slot in use and frees the slot.
  ///
  /// Complexity: O(1).
  @inlinable @inline(__always)
  public mutating func take(slot: UInt32) -> Payload {
    let record = records + Int(slot)
    let payload = record.pointee.payload
    record.pointee.order = UInt64(freeSlot)
    freeSlot = slot
    return payload
  }

  /// Slots in use, counted by walking the chain of free ones.
  ///
  /// Complexity: O(free slots).
  public func countInUse() -> Int {
    var free = 0
    var slot = freeSlot
    while slot != Self.noSlot {
      free += 1
      slot = UInt32(truncatingIfNeeded: records[Int(slot)].order)
    }
    return used - free
  }

  @inlinable @inline(never)
  mutating func grow() {
    precondition(capacity < QueuedEvent.slotLimit, "more than 16 million events are pending")
    let wider = min(capacity * 2, QueuedEvent.slotLimit)
    let records = UnsafeMutablePointer<Record>.allocate(capacity: wider)
    records.moveInitialize(from: self.records, count: used)
    self.records.deallocate()
    self.records = records
    capacity = wider
  }
}
