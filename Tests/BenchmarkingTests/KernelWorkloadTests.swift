import Benchmarking
import EventKernel
import Foundation
import Testing
import Units

@Suite("The workloads of the event kernel")
struct KernelWorkloadTests {
  static let mean = SimDuration(picoseconds: 1_000_000_000)

  @Test(
    "the hold model executes events at the same times as with a sorted array",
    arguments: [1, 12, 500])
  func holdAgainstArray(population: Int) {
    let events = 5_000
    var delays = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.hold"))
    var times = (0..<population).map { _ in
      delays.exponentialDuration(mean: Self.mean).picoseconds
    }
    times.sort(by: >)
    var checksum: UInt64 = 0
    for _ in 0..<events {
      let now = times.removeLast()
      checksum &+= UInt64(now)
      let next = now + delays.exponentialDuration(mean: Self.mean).picoseconds
      times.insert(next, at: times.firstIndex { $0 < next } ?? times.count)
    }

    var onCalendar = HoldModel<CalendarQueue>(population: population, seed: 1)
    var onHeap = HoldModel<FourAryHeap>(population: population, seed: 1)
    onCalendar.run(events: events)
    onHeap.run(events: events)

    #expect(onCalendar.outcome.checksum == checksum)
    #expect(onHeap.outcome.checksum == checksum)
    #expect(onCalendar.outcome.events == events)
    #expect(onCalendar.outcome.fingerprint == onHeap.outcome.fingerprint)
  }

  @Test("the single-server queue follows Lindley's recursion to the picosecond")
  func lindley() {
    let customers = 20_000
    var arrivals = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.arrivals"))
    var services = RandomStream(seed: 1, purpose: RandomPurpose("benchmark.services"))
    var arrival: Int64 = 0
    var departure: Int64 = 0
    var arrivalTimes: [Int64] = []
    var checksum: UInt64 = 0
    for _ in 0..<customers {
      arrival += arrivals.exponentialDuration(mean: Self.mean).picoseconds
      arrivalTimes.append(arrival)
      let service = services.exponentialDuration(mean: SimDuration(picoseconds: 900_000_000))
      departure = max(arrival, departure) + service.picoseconds
      checksum &+= UInt64(departure)
    }
    // Arrivals before the last departure have also been executed.
    while arrival < departure {
      arrival += arrivals.exponentialDuration(mean: Self.mean).picoseconds
      arrivalTimes.append(arrival)
    }
    for time in arrivalTimes where time < departure { checksum &+= UInt64(time) }

    var model = SingleServerQueue<CalendarQueue>(seed: 1)
    model.run(customers: customers)

    #expect(model.outcome.checksum == checksum)
    #expect(model.outcome.items == customers)
  }

  @Test("the mean number of customers at load 0.9 is 9")
  func meanPresent() {
    let customers = 300_000
    var model = SingleServerQueue<CalendarQueue>(seed: 1)

    model.run(customers: customers)

    // Variance of the time average over T service times: 2 load (1 + load) / ((1 - load)^4 T).
    // Source: W. Whitt, "Planning queueing simulations", Management Science 35(11), 1989, eq. 23.
    let serviceTimes = Double(customers) / 0.9
    let deviation = (2 * 0.9 * 1.9 / (pow(0.1, 4) * serviceTimes)).squareRoot()
    #expect(abs(model.meanPresent - 9) < 4 * deviation, "\(model.meanPresent)")
  }

  @Test("events do not allocate after the warm-up")
  func allocationsPerEvent() throws {
    var onCalendar = HoldModel<CalendarQueue>(population: 1_024, seed: 1)
    var onHeap = HoldModel<FourAryHeap>(population: 1_024, seed: 1)
    var server = SingleServerQueue<CalendarQueue>(seed: 1)
    onCalendar.run(events: 20_000)
    onHeap.run(events: 20_000)
    server.run(customers: 20_000)

    guard let counted = allocations(during: { onCalendar.run(events: 20_000) }) else { return }

    #expect(counted == 0)
    #expect(allocations { onHeap.run(events: 20_000) } == 0)
    #expect(allocations { server.run(customers: 20_000) } == 0)
  }

  @Test("the allocation counter counts")
  func counterCounts() {
    guard let counted = allocations(during: { _ = (0..<10).map { [$0] } }) else { return }

    #expect(counted >= 10)
  }
}
