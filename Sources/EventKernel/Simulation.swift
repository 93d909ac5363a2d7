// The usual way to use the kernel: the state of a simulation is one value, and each event changes
// it through `inout`. Nothing is captured, shared or boxed, so the compiler sees plain memory.

import Units

/// The kernel with the calendar, for simulations whose events come at many instants.
///
/// Up to eight waiting events are a sorted list in it, more are a calendar whose days it finds
/// itself, and what fits no calendar is a heap. The stream machine that runs a step names its queue
/// itself, a `FourAryHeap`: of the few events that wait there either gives the next as fast.
/// `dsv3sim bench kernel` measures both structures.
public typealias Kernel<Payload: EventPayload> = SimulationKernel<Payload, CalendarQueue>

/// A simulation whose whole state is one value.
///
///     struct Lamp: Simulation {
///       enum Payload: EventPayload {
///         case toggle
///         var fingerprintWord: UInt64 { 0 }
///       }
///       var isLit = false
///       mutating func handle(_ event: Event<Payload>, in kernel: inout Kernel<Payload>) {
///         isLit.toggle()
///         kernel.schedule(after: SimDuration(picoseconds: 1_000), .toggle)
///       }
///     }
public protocol Simulation {
  /// What its events carry.
  associatedtype Payload: EventPayload

  /// Does what an event asks for: changes the state and schedules what follows from it.
  ///
  /// The kernel's clock shows `event.time`.
  mutating func handle(_ event: Event<Payload>, in kernel: inout Kernel<Payload>)
}

extension SimulationKernel where Queue == CalendarQueue {
  /// Hands events to a simulation until none waits.
  ///
  /// Complexity: that of `next()` for each event.
  @inlinable
  public mutating func run<S: Simulation>(_ simulation: inout S) where S.Payload == Payload {
    while let event = next() { simulation.handle(event, in: &self) }
  }

  /// Hands events to a simulation up to and including those at `end`.
  ///
  /// Complexity: that of `next(through:)` for each event.
  @inlinable
  public mutating func run<S: Simulation>(_ simulation: inout S, through end: SimTime)
  where S.Payload == Payload {
    while let event = next(through: end) { simulation.handle(event, in: &self) }
  }
}
