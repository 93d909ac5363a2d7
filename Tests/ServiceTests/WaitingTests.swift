// How long requests wait, where that is counted, and when they give up.

import Testing
import Units

@testable import Service

@Suite("Waiting")
struct WaitingTests {
  @Test(
    "a request that waits too long for a seat of a decode instance gives up",
    arguments: Handover.allCases)
  func decodeQueue(handover: Handover) {
    var service = DisaggregatedService(
      handover,
      requests: Array(
        repeating: ServiceRequest(arrival: .zero, prompt: 12, output: 100), count: 3))
    service.setup.instances[1].scheduler.seats = 1
    service.setup.failures.queueTimeout = ServiceCase.duration(50_000)

    let engine = service.run()

    #expect(engine.outcomes[0].isFinished)
    for outcome in engine.outcomes.dropFirst() {
      #expect(outcome.end == .lost(.timeout))
      // Computed at 1,000 + 36 x 10, moved for 10,000 + 12 x 100, then without a seat.
      #expect(outcome.ended == at(1_360 + 11_200 + 50_000))
    }
  }

  @Test("a request that waits too long after a failure gives up", arguments: [3, 300])
  func afterFailure(restart: Int) {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: (0..<3).map {
        ServiceRequest(arrival: at($0 * 1_000_000), prompt: 900_000, output: 1)
      })
    service.setup.faults = [(at(2_500_000), 0)]
    service.setup.failures.rule = .retry
    service.setup.failures.detection = SimDuration(seconds: 1)
    service.setup.failures.restart = SimDuration(seconds: Double(restart))
    service.setup.failures.queueTimeout = SimDuration(seconds: 5)

    let engine = service.run()

    #expect(engine.outcomes.prefix(2).allSatisfy(\.isFinished))
    let last = engine.outcomes[2]
    if restart == 3 {
      #expect(last.isFinished && last.ended == at(6_500_000 + 900_000))
    } else {
      #expect(last.end == .lost(.timeout) && last.ended == at(3_500_000 + 5_000_000))
    }
  }
}
