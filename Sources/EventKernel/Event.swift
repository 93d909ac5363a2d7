// Types exchanged between a simulation and its kernel: payloads, handles, running events, counts.

import Units

/// The data of an event: a plain value, usually an enum of a few words.
public protocol EventPayload: BitwiseCopyable, Sendable {
  /// The event as the fingerprint records it, besides its time; different events, different words.
  var fingerprintWord: UInt64 { get }
}

/// Identifies one scheduled event for the lifetime of the kernel. It becomes invalid when the event
/// ends and never refers to another one.
public struct EventHandle: Hashable, Sendable {
  /// The event's order word: its sequence number is the generation of its slot.
  @usableFromInline let order: UInt64

  @inlinable
  init(order: UInt64) {
    self.order = order
  }
}

/// An event that runs now.
public struct Event<Payload: EventPayload>: Sendable {
  /// When it runs; the kernel's clock shows the same.
  public let time: SimTime
  /// The data that the simulation attached to it.
  public let payload: Payload

  @inlinable
  init(time: SimTime, payload: Payload) {
    self.time = time
    self.payload = payload
  }
}

/// Number of events in each state. INV-2: scheduled = executed + cancelled + pending.
public struct EventCounts: Equatable, Sendable {
  /// Events ever scheduled.
  package internal(set) var scheduled = 0
  /// Events that ran.
  package internal(set) var executed = 0
  /// Events cancelled before they ran.
  package internal(set) var cancelled = 0
  /// Pending events, counted in the slab and not derived from the others.
  package internal(set) var pending = 0

  /// Makes counts of zero.
  public init() {}

  init(scheduled: Int, executed: Int, cancelled: Int, pending: Int) {
    self.scheduled = scheduled
    self.executed = executed
    self.cancelled = cancelled
    self.pending = pending
  }
}
