// The core of a simulation: a monotonic clock, a queue of pending events, and a fingerprint of
// executed events. It does not depend on clusters or requests; the simulation defines its events
// and runs the loop. The state is one value that each event changes: nothing is captured, shared or
// boxed, so the compiler sees plain memory.
//
//     var kernel = Kernel<RequestEvent>()
//     while let event = kernel.next() {
//       switch event.payload { ... kernel.schedule(after: delay, .arrived(request)) ... }
//     }

import Units

/// The kernel with the calendar queue, for simulations with events at many distinct instants.
///
/// The calendar keeps up to eight events in a sorted list, more in pages with a self-adjusting day
/// length, and the rest in a heap. The stream machine that runs a step uses a `FourAryHeap`: with
/// its few pending events, both are equally fast. `dsv3sim bench kernel` measures both structures.
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
  /// Queue entries of cancelled events.
  @usableFromInline var staleEntries = 0

  @usableFromInline var hash = Fingerprint()

  /// Hash over the events executed so far.
  public var fingerprint: Fingerprint { hash }

  /// Makes a kernel at time zero without events.
  @inlinable
  public init() {
    queue = Queue()
    slab = EventSlab()
  }

  /// The simulated time: the time of the current or the last event.
  @inlinable public var now: SimTime { SimTime(picoseconds: Int64(truncatingIfNeeded: clock)) }

  /// Number of pending events.
  @inlinable public var pendingCount: Int { queue.count &- staleEntries }

  /// Number of events in each state.
  ///
  /// Complexity: O(free slots of the slab), which is at most the peak number of pending events.
  public var counts: EventCounts {
    EventCounts(
      scheduled: Int(nextSequence), executed: executed, cancelled: cancelled,
      pending: slab.countInUse())
  }

  /// Schedules an event at a point in time.
  ///
  /// Complexity: as the queue's `push`; allocates only when the number of pending events reaches a
  /// new peak.
  /// - Precondition: `time` is not before `now` (INV-1); at most 137 billion events are scheduled
  ///   in a kernel, and at most 16 million are pending at once.
  @inlinable @discardableResult
  public mutating func schedule(
    at time: SimTime, priority: EventPriority = .normal, _ payload: Payload
  ) -> EventHandle {
    precondition(time >= now, "an event is earlier than the clock: schedule it at `now` or later")
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

  /// Cancels an event that has not run; false if it ran or was cancelled before (INV-10).
  ///
  /// Complexity: O(1) amortised. Its entry stays in the queue until it is popped, or until stale
  /// entries are the majority and are removed together.
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

  /// Replaces an earlier wake-up, which has no effect from then on (INV-10).
  ///
  /// `handle` identifies the event to replace, if it is still pending, and then the new one.
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

  /// Whether an event is still pending.
  ///
  /// Complexity: O(1).
  @inlinable
  public func isPending(_ handle: EventHandle) -> Bool {
    slab.isOwned(by: handle.order, slot: UInt32(truncatingIfNeeded: handle.order) & 0xff_ffff)
  }

  /// Advances the clock to the next event and returns it; nil if none is pending.
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

  /// Advances the clock to the next event that is not after `end`; nil if there is none.
  ///
  /// The clock does not advance to `end`: it stays at the last event.
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

  /// The time of the next event; nil if none is pending.
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

  /// Removes the entries of cancelled events.
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
