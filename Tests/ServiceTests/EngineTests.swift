// Laws that hold for every service.

import Testing
import Units

@testable import Service

@Suite("Service engine")
struct EngineTests {
  @Test("counted steps give what planned steps give", arguments: 0..<300)
  func quiet(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)

    let counted = service.run()
    let planned = service.run(isLogged: true)

    #expect(counted.outcomes == planned.outcomes)
    #expect(counted.gaps.map(\.count) == planned.gaps.map(\.count))
    #expect(counted.gaps.map { $0.percentile(90) } == planned.gaps.map { $0.percentile(90) })
    #expect(counted.now == planned.now)
    for (first, second) in zip(counted.pools, planned.pools) {
      #expect(first.steps == second.steps)
      #expect(first.outputTokens == second.outputTokens)
      #expect(first.computedPromptTokens == second.computedPromptTokens)
      #expect(abs(first.busyGPUSeconds - second.busyGPUSeconds) < 1e-9)
    }
  }

  @Test(
    "INV-8: every request ends finished, rejected or lost by a named rule", arguments: 0..<2_000)
  func conservation(seed: Int) {
    let service = RandomService(seed: UInt64(10_000 + seed), count: 25, faults: 1 + seed % 6)

    let engine = service.run()

    var tokens = 0
    for (request, outcome) in zip(engine.requests, engine.outcomes) {
      switch outcome.end {
      case .finished:
        #expect(outcome.tokens == request.output)
        tokens += outcome.tokens
      case .rejected(let reason): #expect(reason != .queueFull)
      case .lost(let reason): #expect(reason == .instanceFailed)
      case .running, .queued: Issue.record("seed \(seed): a request has no end: \(outcome)")
      }
    }
    // INV-7: nothing is held when everything has ended.
    for instance in engine.instances {
      #expect(instance.cache.free == instance.cache.total)
      #expect(instance.assigned == 0 && instance.loading == 0 && instance.holders == 0)
      #expect(instance.isEmpty)
    }
    if service.setup.faults.isEmpty {
      #expect(engine.pools.reduce(0) { $0 + $1.outputTokens } == tokens)
    }
  }
}
