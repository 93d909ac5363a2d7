// The workloads that the event kernel is timed on, as pure functions of their sizes: what was run
// is told by counts and a checksum that the peers in Benchmarks/ must reproduce. They stand outside
// EventKernel on purpose, as every simulation does: a call that only specialises inside the
// kernel's own module would look fast here and be slow there.

import EventKernel
import Units

/// What a workload did.
public struct WorkloadOutcome: Equatable, Sendable {
  /// Events executed.
  public var events: Int
  /// Items served: customers of the queue, or the events themselves.
  public var items: Int
  /// Sum of the executed events' times in picoseconds, modulo 2^64, the same for every engine.
  public var checksum: UInt64
  /// The kernel's fingerprint.
  public var fingerprint: Fingerprint
}

/// Events of the hold model: one of so many equal processes.
struct HoldEvent: EventPayload {
  var process: UInt32
  var fingerprintWord: UInt64 { UInt64(process) }
}

/// Events of the single-server queue.
enum ServerEvent: EventPayload {
  case arrival
  case departure

  var fingerprintWord: UInt64 {
    switch self {
    case .arrival: 1
    case .departure: 2
    }
  }
}

/// The hold model, kept running so that a part of it can be measured.
///
/// The kernel holds a constant number of events; each that runs schedules itself again after an
/// exponential delay with a mean of 1 ms.
/// Source: D. W. Jones, "An empirical comparison of priority-queue and event-set implementations",
/// CACM 29(4), 1986.
public struct HoldModel<Queue: EventQueue & ~Copyable>: ~Copyable {
  var kernel = SimulationKernel<HoldEvent, Queue>()
  var delays: ExponentialDelays
  var checksum: UInt64 = 0

  /// Makes the model with its first events scheduled.
  public init(population: Int, seed: UInt64) {
    delays = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.hold")),
      mean: SimDuration(picoseconds: 1_000_000_000))
    for process in 0..<population {
      kernel.schedule(
        after: delays.next(), HoldEvent(process: UInt32(process)))
    }
  }

  /// Runs a number of events.
  public mutating func run(events: Int) {
    for _ in 0..<events {
      guard let event = kernel.next() else { preconditionFailure("the hold model never runs dry") }
      checksum &+= UInt64(bitPattern: event.time.picoseconds)
      kernel.schedule(after: delays.next(), event.payload)
    }
  }

  /// What has been run so far.
  public var outcome: WorkloadOutcome {
    WorkloadOutcome(
      events: kernel.counts.executed, items: kernel.counts.executed, checksum: checksum,
      fingerprint: kernel.fingerprint)
  }
}

/// A queue with one server, Poisson arrivals and exponential service (M/M/1), load 0.9.
///
/// The mean number of customers in it is load / (1 - load) = 9, which the tests check.
public struct SingleServerQueue<Queue: EventQueue & ~Copyable>: ~Copyable {
  var kernel = SimulationKernel<ServerEvent, Queue>()
  var arrivals: ExponentialDelays
  var services: ExponentialDelays
  var present = 0
  var served = 0
  var checksum: UInt64 = 0
  /// Customers present, integrated over time, in customer-seconds.
  var presentSeconds = 0.0

  /// Makes an empty queue with its first arrival scheduled.
  public init(seed: UInt64) {
    arrivals = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.arrivals")),
      mean: SimDuration(picoseconds: 1_000_000_000))
    services = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.services")),
      mean: SimDuration(picoseconds: 900_000_000))
    kernel.schedule(after: arrivals.next(), .arrival)
  }

  /// Runs until so many customers more have been served.
  public mutating func run(customers: Int) {
    let goal = served + customers
    var last = kernel.now
    while served < goal, let event = kernel.next() {
      presentSeconds += Double(present) * (event.time - last).seconds
      last = event.time
      checksum &+= UInt64(bitPattern: event.time.picoseconds)
      switch event.payload {
      case .arrival:
        present += 1
        if present == 1 { startService() }
        kernel.schedule(after: arrivals.next(), .arrival)
      case .departure:
        present -= 1
        served += 1
        if present > 0 { startService() }
      }
    }
  }

  /// Mean number of customers present so far.
  public var meanPresent: Double { presentSeconds / kernel.now.seconds }

  /// What has been run so far.
  public var outcome: WorkloadOutcome {
    WorkloadOutcome(
      events: kernel.counts.executed, items: served, checksum: checksum,
      fingerprint: kernel.fingerprint)
  }

  private mutating func startService() {
    kernel.schedule(after: services.next(), .departure)
  }
}
