// Units that come and go, and users who send one request after another.

import Testing
import Units

@testable import Service

@Suite("Fleets and users")
struct FleetTests {
  @Test("a unit that is sent away while it starts and is wanted again starts anew")
  func startedTwice() {
    var service = QueueService(
      instances: 2, law: QueueService.byPrompt,
      requests: [ServiceRequest(arrival: at(30_000_000), prompt: 1, output: 1)])
    service.setup.units[1].isStarted = false
    func entry(_ seconds: Double, _ units: Int) -> TimetableEntry {
      TimetableEntry(from: SimDuration(seconds: seconds), units: units)
    }
    service.setup.timetables = [[entry(0, 1), entry(10, 2), entry(12, 1), entry(14, 2)]]
    service.setup.startup = SimDuration(seconds: 10)
    service.setup.sampleInterval = SimDuration(seconds: 0.5)

    let engine = service.run()

    #expect(engine.samples.first { $0.unitsUp == 2 }?.time == at(24_000_000))
  }

  @Test("a user who does not think sends the next request into the step that starts then")
  func noThinkTime() {
    var service = QueueService(
      seats: 3, law: ServiceCase.Law(a: 1_000, b: 10, c: 100, d: 1, e: 0),
      requests: (0..<60).map {
        ServiceRequest(arrival: .zero, prompt: 1 + $0 * 7 % 13, output: 1 + $0 * 5 % 11)
      })
    service.setup.arrivals = .closedLoop(users: 3, thinkTime: .zero)

    let engine = service.run()

    #expect(engine.outcomes.allSatisfy { $0.isFinished && $0.queueing == .zero })
  }

  @Test("every request of users is sent, although some are refused or give up")
  func refusedUsers() {
    var service = QueueService(
      law: ServiceCase.Law(a: 1_000, b: 0, c: 0, d: 0, e: 0),
      requests: (0..<40).map {
        ServiceRequest(arrival: .zero, prompt: $0 % 4 == 0 ? 100 : 1, output: 3)
      })
    service.setup.instances[0].scheduler.longest = 50
    service.setup.failures.queueTimeout = ServiceCase.duration(4_000)
    service.setup.arrivals = .closedLoop(users: 3, thinkTime: .zero)

    let engine = service.run()

    #expect(engine.outcomes.count { $0.end == .rejected(.tooLong) } == 10)
    #expect(engine.outcomes.contains { $0.end == .lost(.timeout) })
    #expect(engine.endedCount == 40)
  }
}
