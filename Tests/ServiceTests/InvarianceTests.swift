// What must not change a service: other names, another unit of time, another origin of time, and
// features that have nothing to do.

import Testing
import Units

@testable import Service

@Suite("What does not change a service")
struct InvarianceTests {
  private static let seeds = 0..<80

  /// Outcomes with times in picoseconds after an origin, over a factor.
  private func outcomes(
    _ engine: borrowing ServiceEngine<LinearLaw>, from origin: SimTime = .zero,
    over factor: Int64 = 1
  ) -> [RequestOutcome] {
    engine.outcomes.map { outcome in
      func moved(_ time: SimTime) -> SimTime {
        let picoseconds = (time - origin).picoseconds
        #expect(picoseconds % factor == 0)
        return SimTime(picoseconds: picoseconds / factor)
      }
      var result = outcome
      result.arrival = moved(outcome.arrival)
      result.ended = outcome.ended.map(moved)
      result.firstScheduled = outcome.firstScheduled.map(moved)
      result.firstToken = outcome.firstToken.map(moved)
      result.lastToken = outcome.lastToken.map(moved)
      return result
    }
  }

  @Test("other names of prefixes, sessions and classes", arguments: seeds)
  func renamed(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    var renamed = service
    renamed.setup.classes = 2
    for index in renamed.requests.indices {
      renamed.requests[index].session = renamed.requests[index].session.map { 1_000 - 7 * $0 }
      renamed.requests[index].trafficClass = 1
      guard let content = renamed.requests[index].content else { continue }
      renamed.requests[index].content = PromptContent(
        segments: content.segments.map { 0xffff_0000 - 13 * $0 },
        segmentLength: content.segmentLength)
    }

    #expect(service.run().outcomes == renamed.run().outcomes)
  }

  @Test("other numbers of requests, because one that is refused came before", arguments: seeds)
  func renumbered(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    var later = service
    later.requests.insert(ServiceRequest(arrival: .zero, prompt: 100_000, output: 1), at: 0)
    let engine = later.run()

    #expect(engine.outcomes[0].end == .rejected(.neverFits))
    #expect(Array(engine.outcomes.dropFirst()) == service.run().outcomes)
  }

  @Test("equal requests that arrive together, in another order", arguments: seeds)
  func exchanged(seed: Int) {
    var service = RandomService(seed: UInt64(seed))
    service.requests = service.requests.flatMap { [$0, $0] }
    for index in service.requests.indices { service.requests[index].trafficClass = index % 2 }
    service.setup.classes = 2
    var exchanged = service
    for index in stride(from: 0, to: service.requests.count, by: 2) {
      exchanged.requests.swapAt(index, index + 1)
    }

    let first = service.run()
    let second = exchanged.run()
    #expect(first.outcomes == second.outcomes)
    // The classes have changed places.
    #expect(first.gaps.map(\.count) == second.gaps.reversed().map(\.count))
  }

  @Test("all times x 3", arguments: seeds)
  func scaled(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    var slow = service
    let law = service.law.law
    slow.law = LinearLaw(
      law: ServiceCase.Law(
        a: 3 * law.a, b: 3 * law.b, c: 3 * law.c, d: 3 * law.d, e: 3 * (law.e ?? 0)))
    slow.carrier.latency = service.carrier.latency * 3
    slow.carrier.perToken = service.carrier.perToken * 3
    slow.setup.failures.detection = service.setup.failures.detection * 3
    slow.setup.failures.restart = service.setup.failures.restart * 3
    slow.setup.failures.backoff = service.setup.failures.backoff * 3
    slow.setup.failures.longestBackoff = service.setup.failures.longestBackoff * 3
    slow.setup.faults = service.setup.faults.map { (.zero + ($0.time - .zero) * 3, $0.unit) }
    for index in slow.requests.indices {
      slow.requests[index].arrival = .zero + (service.requests[index].arrival - .zero) * 3
    }

    let engine = service.run()
    let other = slow.run()
    #expect(outcomes(other, over: 3) == engine.outcomes)
    #expect(other.pools.map(\.steps) == engine.pools.map(\.steps))
    #expect(other.pools.map(\.preemptions) == engine.pools.map(\.preemptions))
  }

  @Test("everything an hour later", arguments: seeds)
  func shifted(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    let hour = SimDuration(seconds: 3_600)
    var later = service
    later.setup.faults = service.setup.faults.map { ($0.time + hour, $0.unit) }
    for index in later.requests.indices {
      later.requests[index].arrival = service.requests[index].arrival + hour
    }

    let engine = service.run()
    let other = later.run()
    #expect(outcomes(other, from: .zero + hour) == engine.outcomes)
    #expect(other.pools.map(\.steps) == engine.pools.map(\.steps))
  }

  @Test("a prefix cache that nobody shares, and none", arguments: seeds)
  func cacheOff(seed: Int) {
    var service = RandomService(seed: UInt64(seed))
    service.makeRoom()
    for index in service.requests.indices { service.requests[index].content = nil }
    var without = service
    for index in without.setup.instances.indices {
      without.setup.instances[index].scheduler.cachesPrefixes = false
    }

    let engine = service.run()
    let other = without.run()
    #expect(engine.outcomes == other.outcomes)
    #expect(other.outcomes.allSatisfy { $0.cachedTokens ?? 0 == 0 })
  }

  @Test("without a cache, equal prefixes are like others", arguments: seeds)
  func contentWithoutCache(seed: Int) {
    var service = RandomService(seed: UInt64(seed), faults: seed % 3)
    for index in service.setup.instances.indices {
      service.setup.instances[index].scheduler.cachesPrefixes = false
    }
    var unlike = service
    for index in unlike.requests.indices { unlike.requests[index].content = nil }
    // Dynamo counts equal blocks of active prompts once.
    if service.setup.router == .dynamo { unlike.setup.router = .leastLoad }
    service.setup.router = unlike.setup.router

    #expect(service.run().outcomes == unlike.run().outcomes)
  }

  @Test("K = 0, and drafts that are never accepted and take no time", arguments: seeds)
  func noDrafts(seed: Int) {
    var service = RandomService(seed: UInt64(seed))
    service.makeRoom()
    for index in service.setup.instances.indices {
      service.setup.instances[index].scheduler.tokenBudget = 100_000
    }
    // llm-d weighs the share of the cache that is free.
    if service.setup.router == .prefix { service.setup.router = .leastLoad }
    // With drafts the last hit is dropped.
    for index in service.requests.indices { service.requests[index].content = nil }
    var drafting = service
    for index in drafting.setup.instances.indices
    where drafting.setup.instances[index].scheduler.policy == .vllm {
      drafting.setup.instances[index].drafts = 2
    }
    drafting.setup.acceptance = [0, 0]

    let engine = drafting.run()
    let outcomes = engine.outcomes.map { outcome in
      #expect(outcome.acceptedDrafts == 0)
      var result = outcome
      result.drafted = 0
      return result
    }
    #expect(outcomes == service.run().outcomes)
  }

  @Test("K = 0 has no verifications, whatever would be accepted", arguments: seeds)
  func acceptanceWithoutDrafts(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    var accepting = service
    accepting.setup.acceptance = [0.9, 0.9]

    let engine = accepting.run()
    #expect(engine.outcomes == service.run().outcomes)
    #expect(engine.outcomes.allSatisfy { $0.drafted == 0 && $0.chunks == $0.tokens })
  }

  @Test("with room for all, nobody is preempted, and more room changes nothing", arguments: seeds)
  func infinitePool(seed: Int) {
    var service = RandomService(seed: UInt64(seed), faults: seed % 3)
    service.makeRoom()
    var larger = service
    larger.makeRoom(2)

    let engine = service.run()
    #expect(engine.outcomes.allSatisfy { $0.preemptions == 0 })
    #expect(engine.pools.allSatisfy { $0.preemptions == 0 })
    // llm-d weighs the share of the cache that is free.
    if service.setup.router != .prefix { #expect(engine.outcomes == larger.run().outcomes) }
  }
}
