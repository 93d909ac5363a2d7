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

  @Test("Little's law under an outage: who waits without a unit waits for the pool")
  func outage() {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: (0..<40).map {
        ServiceRequest(arrival: at($0 * 1_000_000), prompt: 400_000, output: 1)
      })
    service.setup.faults = [(at(10_500_000), 0)]
    service.setup.failures.rule = .retry
    service.setup.failures.detection = SimDuration(seconds: 1)
    service.setup.failures.restart = SimDuration(seconds: 20)
    service.setup.sampleInterval = SimDuration(seconds: 0.1)

    let engine = service.run()

    let samples = engine.samples.prefix { $0.time < engine.now }
    let waiting = samples.reduce(0) { $0 + $1.queued }
    // Most of it passes without a unit: one more request a second for twenty seconds.
    #expect(waiting > 10 * 20 * 20 / 2)
    #expect(abs(engine.pools[0].queuedRequestSeconds - Double(waiting) / 10) < 1e-6)
  }

  @Test(
    "caches count while they are held, not in the pauses between requests",
    arguments: Handover.allCases)
  func heldCaches(handover: Handover) {
    let service = DisaggregatedService(
      handover,
      requests: (0..<5).map {
        ServiceRequest(arrival: at($0 * 10_000_000), prompt: 12, output: 3)
      })

    let engine = service.run()

    // Each of the five holds at most 16 tokens for less than 50 ms in either pool.
    for pool in engine.pools {
      #expect(pool.usedTokenSeconds > 0)
      #expect(pool.usedTokenSeconds < 5 * 16 * 0.05)
    }
  }

  @Test("the pool that has no unit is the one that requests wait for", arguments: [0, 1])
  func missingPool(missing: Int) {
    var service = DisaggregatedService(
      .pull, requests: [ServiceRequest(arrival: at(200_000), prompt: 12, output: 2)])
    service.setup.faults = [(at(0), missing)]

    let engine = service.run()

    // Detected at 100 ms; the unit returns a second later.
    #expect(engine.outcomes[0].isFinished)
    #expect(engine.pools[missing].queuedRequestSeconds == ServiceCase.duration(900_000).seconds)
    #expect(engine.pools[1 - missing].queuedRequestSeconds == 0)
  }

  @Test("who gives up without a unit, and who still waits at a stop, has waited for the pool")
  func heldInVain() {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: [ServiceRequest(arrival: at(10_000_000), prompt: 1, output: 1)])
    service.setup.units[0].isStarted = false
    service.setup.failures.queueTimeout = SimDuration(seconds: 30)
    #expect(service.run().pools[0].queuedRequestSeconds == 30)

    service.setup.failures.queueTimeout = nil
    #expect(service.run(until: at(30_000_000)).pools[0].queuedRequestSeconds == 20)
  }

  @Test("a queue of one takes the next request of an idle instance, and one behind it")
  func shortestQueue() {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: [0, 1, 2, 10].map {
        ServiceRequest(arrival: at($0), prompt: 5, output: 1)
      })
    service.setup.instances[0].scheduler.queueLimit = 1

    let ends = service.run().outcomes.map(\.end)

    #expect(ends == [.finished, .finished, .rejected(.queueFull), .finished])
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

    #expect(engine.outcomes.prefix(2).allSatisfy { $0.isFinished })
    let last = engine.outcomes[2]
    if restart == 3 {
      #expect(last.isFinished && last.ended == at(6_500_000 + 900_000))
    } else {
      #expect(last.end == .lost(.timeout) && last.ended == at(3_500_000 + 5_000_000))
    }
  }
}
