// What a dead unit no longer does, and what becomes of the requests that it had.

import Recording
import Testing
import Units

@testable import Service

@Suite("Failures of units")
struct FailureTests {
  // MARK: Caches on their way

  @Test("a prefill unit that dies while it sends a cache (pull): the request starts again")
  func prefillDiesSending() {
    var service = DisaggregatedService(
      .pull, requests: [ServiceRequest(arrival: .zero, prompt: 12, output: 3)])
    service.setup.failures.rule = .retry
    let undisturbed = service.run()
    // Computed at 1,120, then on its way for 10,000 + 11 or 12 x 100 us.
    service.setup.faults = [(at(2_000), 0)]

    let engine = service.run()

    #expect(undisturbed.outcomes[0].firstToken.map { $0 < at(20_000) } == true)
    let outcome = engine.outcomes[0]
    #expect(outcome.retries == 1 && outcome.isFinished)
    // Detected after 100 ms; the unit returns a second later.
    let recovery = at(2_000 + 100_000 + 1_000_000)
    #expect(
      outcome.ended.map { $0 - recovery } == undisturbed.outcomes[0].ended.map { $0 - .zero })
  }

  @Test("the same with push: nothing of the cache arrives", arguments: [0, 1])
  func unitDiesDuringPush(dead: Int) {
    var service = DisaggregatedService(
      .push, requests: [ServiceRequest(arrival: .zero, prompt: 12, output: 3)])
    service.setup.faults = [(at(2_000), dead)]

    let engine = service.run()

    #expect(engine.outcomes[0].end == .lost(.instanceFailed))
    #expect(engine.outcomes[0].ended == at(102_000))
    #expect(engine.outcomes[0].firstToken == nil)
  }

  @Test("no cache is sent to a decode unit that has died before", arguments: Handover.allCases)
  func deadTarget(handover: Handover) {
    var service = DisaggregatedService(
      handover, requests: [ServiceRequest(arrival: .zero, prompt: 12, output: 1)])
    service.setup.faults = [(at(500), 1)]

    let engine = service.run(isLogged: true)

    #expect(engine.transfers.allSatisfy { $0.end == nil })
    #expect(engine.outcomes[0].end == .lost(.instanceFailed))
    #expect(engine.outcomes[0].ended == at(100_500))
  }

  @Test("a dead decode unit grants no memory: prefill does not begin")
  func deadGrants() {
    var service = DisaggregatedService(
      .push, requests: [ServiceRequest(arrival: at(1_000), prompt: 12, output: 3)])
    service.setup.faults = [(at(500), 1)]

    let engine = service.run()

    #expect(engine.outcomes[0].firstScheduled == nil)
    #expect(engine.outcomes[0].end == .lost(.instanceFailed))
  }

  @Test("between fault and detection a unit shows nothing to its requests", arguments: 0..<200)
  func silent(seed: Int) throws {
    var service = RandomService(seed: UInt64(40_000 + seed), faults: 1)
    service.setup.failures.rule = .lost
    service.setup.failures.detection = ServiceCase.duration(3_000)
    let engine = service.run(isLogged: true)

    let fault = try #require(service.setup.faults.first)
    let detected = fault.time + ServiceCase.duration(3_000)
    let log = engine.log ?? StepLog()
    for chunk in log.chunks where chunk.time > fault.time && chunk.time <= detected {
      // The last choice is the instance that decodes it.
      let choice = try #require(log.choices.last { $0.request == chunk.request })
      #expect(engine.unitOf[choice.instance] != fault.unit)
    }
  }

  // MARK: Requests that come back

  @Test(
    "with migrate, a request whose tokens no longer fit at prefill is lost and blocks nobody",
    arguments: Handover.allCases)
  func outgrownPrefill(handover: Handover) {
    var service = DisaggregatedService(
      handover,
      requests: [
        ServiceRequest(arrival: .zero, prompt: 12, output: 30),
        ServiceRequest(arrival: at(100_000), prompt: 8, output: 2),
      ])
    // Room for the prompt and a token at prefill; with push, more than a page is to be left.
    service.setup.instances[0].blocks = handover == .pull ? 4 : 5
    service.setup.faults = [(at(24_000), 1)]
    service.setup.failures.rule = .migrate
    service.setup.failures.detection = ServiceCase.duration(1_000)
    service.setup.failures.restart = ServiceCase.duration(1_000)

    let engine = service.run()

    #expect(engine.outcomes[0].tokens > 4)
    #expect(engine.outcomes[0].end == .lost(.instanceFailed))
    #expect(engine.outcomes[0].ended == at(25_000))
    #expect(engine.outcomes[1].isFinished)
  }

  @Test("the same for memory that decode reserves: a prompt with its tokens and room to grow")
  func outgrownReservation() {
    var service = DisaggregatedService(
      .push,
      requests: [
        ServiceRequest(arrival: .zero, prompt: 12, output: 30),
        ServiceRequest(arrival: at(100_000), prompt: 8, output: 2),
      ])
    service.setup.instances[1].scheduler.reservedTokens = 28
    service.setup.instances[1].blocks = 11
    service.setup.faults = [(at(24_000), 1)]
    service.setup.failures.rule = .migrate
    service.setup.failures.detection = ServiceCase.duration(1_000)
    service.setup.failures.restart = ServiceCase.duration(1_000)

    let engine = service.run()

    // 12 + 30 tokens fit in 44; 12 and those made, with 28 kept free, do not.
    #expect(engine.outcomes[0].tokens > 4)
    #expect(engine.outcomes[0].end == .lost(.instanceFailed))
    #expect(engine.outcomes[1].isFinished)
  }

  @Test("mean ITL is mean TPOT if all requests have as many tokens, also after a retry")
  func takenBack() throws {
    var service = QueueService(
      instances: 2, seats: 2, law: ServiceCase.Law(a: 1_000, b: 10, c: 0, d: 1, e: 0),
      requests: (0..<4).map { _ in ServiceRequest(arrival: .zero, prompt: 100, output: 50) })
    service.setup.faults = [(at(20_000), 0)]
    service.setup.failures.rule = .retry
    service.setup.failures.detection = ServiceCase.duration(7_000)

    let run = service.run().result
    let figures = ServiceFigures(run, basis: sampleBasis())

    #expect(run.outcomes.count { $0.retries == 1 } == 2)
    let gap = try #require(figures.value(.interTokenLatency, .mean))
    let perToken = try #require(figures.value(.requestTimePerToken, .mean))
    #expect(abs(gap / perToken - 1) < 1e-12)
  }
}
