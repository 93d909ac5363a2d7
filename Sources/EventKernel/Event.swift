// What passes between a simulation and its kernel: payloads, handles, events that run, and counts.

import Units

/// What an event carries: a plain value, usually an enum of a few words.
public protocol EventPayload: BitwiseCopyable, Sendable {
  /// What the fingerprint keeps of the event besides its time; different events, different words.
  var fingerprintWord: UInt64 { get }
}

/// Names one scheduled event, for as long as the kernel lives. It dies with the event and never
/// comes to mean another one.
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
  /// What the simulation attached to it.
  public let payload: Payload

  @inlinable
  init(time: SimTime, payload: Payload) {
    self.time = time
    self.payload = payload
  }
}

/// Where all the events went. INV-2: scheduled = executed + cancelled + pending.
public struct EventCounts: Equatable, Sendable {
  /// Events ever scheduled.
  package internal(set) var scheduled = 0
  /// Events that ran.
  package internal(set) var executed = 0
  /// Events cancelled before they ran.
  package internal(set) var cancelled = 0
  /// Events that wait, counted in the slab and not derived from the others.
  package internal(set) var pending = 0

  /// No event at all.
  public init() {}

  init(scheduled: Int, executed: Int, cancelled: Int, pending: Int) {
    self.scheduled = scheduled
    self.executed = executed
    self.cancelled = cancelled
    self.pending = pending
  }
}
