// The workloads of the event kernel's benchmark. They are deterministic, and the peers in
// Benchmarks/ must reproduce their checksums. Like every simulation, they are outside EventKernel:
// generic code that is specialised inside its own module only is slow here too.

import EventKernel
import Units

/// The counts and checksums of a workload so far.
package struct WorkloadOutcome: Equatable, Sendable {
  /// Events executed.
  package var events: Int
  /// Customers served, or events executed.
  package var items: Int
  /// Sum of the times of executed events, in picoseconds modulo 2^64; equal for every kernel.
  package var checksum: UInt64
  package var fingerprint: Fingerprint
}

/// An event of the hold model: the number of the process that it resumes.
struct HoldEvent: EventPayload {
  var process: UInt32
  var fingerprintWord: UInt64 { UInt64(process) }
}

/// An event of the single-server queue.
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

/// The hold model, which can be run in portions.
///
/// The number of pending events is constant: each event that is executed schedules itself again
/// after an exponential delay with a mean of 1 ms.
/// Source: D. W. Jones, "An empirical comparison of priority-queue and event-set implementations",
/// CACM 29(4), 1986.
package struct HoldModel<Queue: EventQueue & ~Copyable>: ~Copyable {
  var kernel = SimulationKernel<HoldEvent, Queue>()
  var delays: ExponentialDelays
  var checksum: UInt64 = 0

  /// A model with its first events scheduled.
  package init(population: Int, seed: UInt64) {
    delays = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.hold")),
      mean: SimDuration(picoseconds: 1_000_000_000))
    for process in 0..<population {
      kernel.schedule(
        after: delays.next(), HoldEvent(process: UInt32(process)))
    }
  }

  /// Executes a number of events.
  package mutating func run(events: Int) {
    for _ in 0..<events {
      guard let event = kernel.next() else { preconditionFailure("no event is pending") }
      checksum &+= UInt64(bitPattern: event.time.picoseconds)
      kernel.schedule(after: delays.next(), event.payload)
    }
  }

  /// Counts and checksums so far.
  package var outcome: WorkloadOutcome {
    WorkloadOutcome(
      events: kernel.counts.executed, items: kernel.counts.executed, checksum: checksum,
      fingerprint: kernel.fingerprint)
  }
}

/// An M/M/1 queue: one server, Poisson arrivals, exponential service times, at a load of 0.9.
///
/// The mean number of customers is load / (1 - load) = 9.
package struct SingleServerQueue<Queue: EventQueue & ~Copyable>: ~Copyable {
  var kernel = SimulationKernel<ServerEvent, Queue>()
  var arrivals: ExponentialDelays
  var services: ExponentialDelays
  var present = 0
  var served = 0
  var checksum: UInt64 = 0
  /// The number of customers integrated over time, in customer-seconds.
  var presentSeconds = 0.0

  /// An empty queue with its first arrival scheduled.
  package init(seed: UInt64) {
    arrivals = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.arrivals")),
      mean: SimDuration(picoseconds: 1_000_000_000))
    services = ExponentialDelays(
      RandomStream(seed: seed, purpose: RandomPurpose("benchmark.services")),
      mean: SimDuration(picoseconds: 900_000_000))
    kernel.schedule(after: arrivals.next(), .arrival)
  }

  /// Runs until `customers` more have been served.
  package mutating func run(customers: Int) {
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
  package var meanPresent: Double { presentSeconds / kernel.now.seconds }

  /// Counts and checksums so far.
  package var outcome: WorkloadOutcome {
    WorkloadOutcome(
      events: kernel.counts.executed, items: served, checksum: checksum,
      fingerprint: kernel.fingerprint)
  }

  private mutating func startService() {
    kernel.schedule(after: services.next(), .departure)
  }
}
