// Units that come and go, and users who send one request after another.

import Testing
import Units

@testable import Service

@Suite("Fleets and users")
struct FleetTests {
  private func entry(_ seconds: Double, _ units: Int) -> TimetableEntry {
    TimetableEntry(from: SimDuration(seconds: seconds), units: units)
  }

  @Test("a unit that is sent away while it starts and is wanted again starts anew")
  func startedTwice() {
    var service = QueueService(
      instances: 2, law: QueueService.byPrompt,
      requests: [ServiceRequest(arrival: at(30_000_000), prompt: 1, output: 1)])
    service.setup.units[1].isStarted = false
    service.setup.timetables = [[entry(0, 1), entry(10, 2), entry(12, 1), entry(14, 2)]]
    service.setup.startup = SimDuration(seconds: 10)
    service.setup.sampleInterval = SimDuration(seconds: 0.5)

    let engine = service.run()

    #expect(engine.samples.first { $0.unitsUp == 2 }?.time == at(24_000_000))
  }

  @Test("requests that found no unit are served by one that was leaving and stays")
  func returned() {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: [
        ServiceRequest(arrival: at(10_000_000), prompt: 50_000_000, output: 1),
        ServiceRequest(arrival: at(25_000_000), prompt: 1, output: 1),
      ])
    service.setup.timetables = [[entry(0, 1), entry(20, 0), entry(30, 1)]]

    let engine = service.run()

    #expect(engine.outcomes[1].queueing == SimDuration(seconds: 35))
  }

  @Test("of the units of a pool, one that is down leaves first", arguments: 0..<2)
  func failedFirst(failed: Int) {
    var service = QueueService(
      instances: 2, law: QueueService.byPrompt,
      requests: (0..<100).map { ServiceRequest(arrival: at($0 * 3_000_000), prompt: 9, output: 1) })
    service.setup.timetables = [[entry(0, 2), entry(100, 1)]]
    service.setup.faults = [(time: at(50_000_000), unit: failed)]
    service.setup.failures.restart = SimDuration(seconds: 7_200)

    let engine = service.run()

    #expect(engine.outcomes.allSatisfy { $0.queueing == .zero })
  }

  @Test("a unit that left its pool without a host waits for one when it is wanted again")
  func waitsForHost() {
    var service = QueueService(
      instances: 2, law: QueueService.byPrompt,
      requests: [ServiceRequest(arrival: at(900_000_000), prompt: 9, output: 1)])
    service.setup.timetables = [[entry(0, 2), entry(100, 1), entry(200, 2)]]
    service.setup.faults = [(time: at(50_500_000), unit: 1)]
    service.setup.failures.restart = SimDuration(seconds: 10)
    service.setup.failures.spareHosts = 0
    service.setup.failures.repair = SimDuration(seconds: 400)
    service.setup.sampleInterval = SimDuration(seconds: 1)

    let engine = service.run()

    let alone = engine.samples.filter { $0.unitsUp == 1 }.map(\.time)
    #expect(alone.first == at(51_000_000) && alone.last == at(460_000_000))
  }

  @Test("the rule removes no unit before its window has passed")
  func downWindow() {
    var service = QueueService(
      instances: 2, law: QueueService.byPrompt,
      requests: [ServiceRequest(arrival: at(900_000_000), prompt: 9, output: 1)])
    service.setup.scaling = ScalingSpec(
      pool: 0, target: 10, least: 1, most: 2, interval: SimDuration(seconds: 15), tolerance: 0.1,
      downWindow: SimDuration(seconds: 300), startup: .zero)
    service.setup.sampleInterval = SimDuration(seconds: 1)

    let engine = service.run()

    #expect(engine.samples.first { $0.unitsUp == 1 }?.time == at(315_000_000))
  }

  @Test(
    "a pool without units gets one for whoever waits, however few they are", arguments: 1...4)
  func fromZero(waiting: Int) {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: Array(
        repeating: ServiceRequest(arrival: at(100_000_000), prompt: 9, output: 1), count: waiting))
    service.setup.scaling = ScalingSpec(
      pool: 0, target: 4, least: 0, most: 2, interval: SimDuration(seconds: 15), tolerance: 0.1,
      downWindow: SimDuration(seconds: 30), startup: .zero)

    let engine = service.run(until: at(1_000_000_000))

    // The unit leaves at 45 s; the rule looks at the pool again at 105 s.
    #expect(
      engine.outcomes.map(\.queueing)
        == (0..<waiting).map { SimDuration(seconds: 5) + ServiceCase.duration(9 * $0) })
  }

  @Test("who gives up, and who waits when the simulation stops, has waited for the pool")
  func waitedInVain() {
    var service = QueueService(
      law: QueueService.byPrompt,
      requests: [100_000_000, 1, 1].map {
        ServiceRequest(arrival: .zero, prompt: $0, output: 1)
      })
    service.setup.failures.queueTimeout = SimDuration(seconds: 30)
    #expect(service.run().pools[0].queuedRequestSeconds == 60)

    service.setup.failures.queueTimeout = nil
    let stopped = service.run(until: at(50_000_000))
    #expect(stopped.pools[0].queuedRequestSeconds == 100)
    #expect(stopped.pools[0].busyGPUSeconds == 50)
  }

  @Test("a later turn finds the outputs of those before it in the cache")
  func cachedOutput() {
    var turns = [(8, 9), (20, 1)].enumerated().map { turn, tokens in
      ServiceRequest(arrival: at(turn * 1_000_000), prompt: tokens.0, output: tokens.1)
    }
    turns[0].content = PromptContent(segments: [0, 1, 2, 3, 4], segmentLength: 4)
    turns[1].content = PromptContent(segments: [0, 1, 2, 3, 4, 5], segmentLength: 4)
    func cached(coversOutput: Bool) -> Int? {
      turns[0].content?.coversOutput = coversOutput
      var service = QueueService(
        seats: 4, policy: .vllm, law: ServiceCase.Law(a: 1_000, b: 10, c: 0, d: 0, e: 0),
        requests: turns)
      service.setup.instances[0].scheduler.cachesPrefixes = true
      service.setup.instances[0].blockSize = 4
      return service.run().outcomes[1].cachedTokens
    }

    // 8 + 9 tokens, of which the last is not computed, are four whole blocks.
    #expect(cached(coversOutput: true) == 16)
    #expect(cached(coversOutput: false) == 8)
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
