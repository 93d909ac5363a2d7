// What a router remembers of the requests that it has sent to instances.

import Testing
import Units

@testable import Service

@Suite("Routers")
struct RouterTests {
  @Test("dynamo counts no request that has left, however it left", arguments: 0..<300)
  func forgets(seed: Int) {
    var service = RandomService(seed: UInt64(50_000 + seed), faults: seed % 4)
    service.setup.router = .dynamo
    if seed % 2 == 0 {
      for index in service.setup.instances.indices {
        service.setup.instances[index].scheduler.queueLimit = 1 + seed % 3
      }
    }
    if seed % 3 == 0 { service.setup.failures.queueTimeout = ServiceCase.duration(5_000) }

    let engine = service.run()

    #expect(engine.endedCount == service.requests.count)
    #expect(engine.router.activeTokens.allSatisfy { $0 == 0 })
    #expect(engine.router.activeBlocks.allSatisfy { $0.isEmpty })
  }

  @Test(
    "a prefill instance that joins gets its share, not everything", arguments: Handover.allCases)
  func newcomer(handover: Handover) {
    // Five requests, far apart, are computed before the second prefill instance joins at 1 s; two
    // of one instant follow.
    let times = (0..<5).map { $0 * 100_000 } + [2_000_000, 2_000_000]
    var service = DisaggregatedService(
      handover, requests: times.map { ServiceRequest(arrival: at($0), prompt: 12, output: 2) })
    service.setup.router = .dynamo
    service.setup.instances.append(service.setup.instances[0])
    service.setup.units.append(ServiceSetup.UnitSetup(pool: 0, instances: 2..<3))
    service.setup.units[2].isStarted = false
    service.setup.timetables = [
      [
        TimetableEntry(from: .zero, units: 1),
        TimetableEntry(from: SimDuration(seconds: 1), units: 2),
      ], [],
    ]
    // Caches that are kept would draw requests to where they are.
    for index in service.setup.instances.indices {
      service.setup.instances[index].scheduler.cachesPrefixes = false
    }

    let engine = service.run()

    #expect(engine.outcomes.map(\.prefillInstance) == [0, 0, 0, 0, 0, 0, 2])
  }
}
