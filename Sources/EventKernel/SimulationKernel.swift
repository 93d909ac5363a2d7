// The core of a simulation: a clock that only goes forward, a queue of pending events, and a
// fingerprint of those that have run. It knows no cluster and no request; the simulation says what
// an event is, and runs the loop. Its state is one value that each event changes: nothing is
// captured, shared or boxed, so the compiler sees plain memory.
//
//     var kernel = Kernel<RequestEvent>()
//     while let event = kernel.next() {
//       switch event.payload { ... kernel.schedule(after: delay, .arrived(request)) ... }
//     }

import Units

/// The kernel with the calendar, for simulations whose events come at many instants.
///
/// The calendar keeps up to eight events in a sorted list, more in pages whose day length it finds
/// itself, and the rest in a heap. The stream machine that runs a step uses a `FourAryHeap`: with
/// the few events that wait there, both are equally fast.
/// `dsv3sim bench kernel` measures both structures.
public typealias Kernel<Payload: EventPayload> = SimulationKernel<Payload, CalendarQueue>

/// Clock, queue, slab and fingerprint of one simulation.
///
/// Events run in the order (time, priority, order of scheduling). The kernel owns raw memory and
/// cannot be copied.
public struct SimulationKernel<
  Payload: EventPayload, Queue: EventQueue & ~Copyable
>: ~Copyable {
  @usableFromInline var queue: Queue
  @usableFromInline var slab: EventSlab<Payload>
  @usableFromInline var clock: UInt64 = 0
  @usableFromInline var nextSequence: UInt64 = 0
  @usableFromInline var executed = 0
  @usableFromInline var cancelled = 0
  /// Entries in the queue whose event was cancelled.
  @usableFromInline var staleEntries = 0

  @usableFromInline var hash = Fingerprint()

  /// Hash over the events executed so far.
  public var fingerprint: Fingerprint { hash }

  /// Makes a kernel at time zero with nothing to do.
  @inlinable
  public init() {
    queue = Queue()
    slab = EventSlab()
  }

  /// The simulated time: when the present or the last event runs.
  @inlinable public var now: SimTime { SimTime(picoseconds: Int64(truncatingIfNeeded: clock)) }

  /// Events that wait.
  @inlinable public var pendingCount: Int { queue.count &- staleEntries }

  /// Where all the events went.
  ///
  /// Complexity: O(free slots of the slab), at most the largest number that ever waited.
  public var counts: EventCounts {
    EventCounts(
      scheduled: Int(nextSequence), executed: executed, cancelled: cancelled,
      pending: slab.countInUse())
  }

  /// Schedules an event at a point in time.
  ///
  /// Complexity: as the queue's `push`; no allocation unless more events wait than ever
  /// before.
  /// - Precondition: `time` is not before `now` (INV-1); at most 137 billion events are scheduled
  ///   in a kernel and at most 16 million wait at once.
  @inlinable @discardableResult
  public mutating func schedule(
    at time: SimTime, priority: EventPriority = .normal, _ payload: Payload
  ) -> EventHandle {
    precondition(time >= now, "an event lies before the clock: schedule it at `now` or later")
    precondition(
      nextSequence < QueuedEvent.sequenceLimit, "a kernel can schedule 137 billion events")
    let slot = slab.reserveSlot()
    let order = QueuedEvent.order(priority: priority, sequence: nextSequence, slot: slot)
    nextSequence &+= 1
    slab.put(payload, slot: slot, order: order)
    queue.push(
      QueuedEvent(picoseconds: UInt64(bitPattern: time.picoseconds), order: order))
    return EventHandle(order: order)
  }

  /// Schedules an event after a delay from `now`.
  ///
  /// - Precondition: `delay` is not negative; see `schedule(at:priority:_:)`.
  @inlinable @discardableResult
  public mutating func schedule(
    after delay: SimDuration, priority: EventPriority = .normal, _ payload: Payload
  ) -> EventHandle {
    schedule(at: now + delay, priority: priority, payload)
  }

  /// Takes back an event that has not run; false if it ran or was cancelled before (INV-10).
  ///
  /// Complexity: O(1) amortised. Its entry stays in the queue until it comes up or until such
  /// entries are the majority and are swept out together.
  @inlinable @discardableResult
  public mutating func cancel(_ handle: EventHandle) -> Bool {
    let slot = UInt32(truncatingIfNeeded: handle.order) & 0xff_ffff
    guard slab.isOwned(by: handle.order, slot: slot) else { return false }
    _ = slab.take(slot: slot)
    cancelled &+= 1
    staleEntries &+= 1
    if staleEntries > 64, staleEntries &* 2 > queue.count { sweep() }
    return true
  }

  /// Puts a wake-up in the place of an earlier one, which has no effect from then on (INV-10).
  ///
  /// `handle` names the event to supersede, if there is one that still waits, and then the new one.
  ///
  /// Complexity: as `cancel` and `schedule`.
  /// - Precondition: see `schedule(at:priority:_:)`.
  @inlinable
  public mutating func reschedule(
    _ handle: inout EventHandle?, at time: SimTime, priority: EventPriority = .normal,
    _ payload: Payload
  ) {
    if let old = handle { cancel(old) }
    handle = schedule(at: time, priority: priority, payload)
  }

  /// Whether an event still waits.
  ///
  /// Complexity: O(1).
  @inlinable
  public func isPending(_ handle: EventHandle) -> Bool {
    slab.isOwned(by: handle.order, slot: UInt32(truncatingIfNeeded: handle.order) & 0xff_ffff)
  }

  /// Advances the clock to the next event and hands it over; nil when nothing waits.
  ///
  /// Complexity: as the queue's `popFirst`.
  @inlinable
  public mutating func next() -> Event<Payload>? {
    while let entry = queue.popFirst() {
      if slab.isOwned(by: entry.order, slot: entry.slot) { return execute(entry) }
      staleEntries &-= 1
    }
    return nil
  }

  /// Advances the clock to the next event that is not after `end`; nil when there is none.
  ///
  /// The clock is not moved to `end`: it shows the last event.
  @inlinable
  public mutating func next(through end: SimTime) -> Event<Payload>? {
    while let entry = queue.popFirst() {
      if slab.isOwned(by: entry.order, slot: entry.slot) {
        if Int64(bitPattern: entry.picoseconds) <= end.picoseconds { return execute(entry) }
        queue.push(entry)
        return nil
      }
      staleEntries &-= 1
    }
    return nil
  }

  /// When the next event runs; nil when nothing waits.
  @inlinable
  public mutating func timeOfNext() -> SimTime? {
    while let entry = queue.popFirst() {
      if slab.isOwned(by: entry.order, slot: entry.slot) {
        queue.push(entry)
        return SimTime(picoseconds: Int64(bitPattern: entry.picoseconds))
      }
      staleEntries &-= 1
    }
    return nil
  }

  @inlinable @inline(__always)
  mutating func execute(_ entry: QueuedEvent) -> Event<Payload> {
    precondition(entry.picoseconds >= clock, "INV-1: the queue gave an event before the clock")
    clock = entry.picoseconds
    let payload = slab.take(slot: entry.slot)
    executed &+= 1
    hash.combine(picoseconds: clock, word: payload.fingerprintWord)
    return Event(time: now, payload: payload)
  }

  /// Drops the entries of cancelled events.
  @inlinable @inline(never)
  mutating func sweep() {
    let slab = slabView()
    queue.removeAll { entry in slab[Int(entry.slot)].order != entry.order }
    staleEntries = 0
  }

  @inlinable
  func slabView() -> UnsafePointer<EventSlab<Payload>.Record> {
    UnsafePointer(slab.records)
  }
}
