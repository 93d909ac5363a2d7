// Prefixes in host memory and in a store, and caches that are swapped out.

import Testing
import Units

@testable import Service

@Suite("Tiers of cached prefixes")
struct TierTests {
  @Test("the least recently used block makes room")
  func order() {
    var tier = CacheTier(capacity: 2)
    tier.write(1)
    tier.write(2)

    let first = tier.touch(1)
    tier.write(3)

    let rest = [2, 1, 3].map { tier.touch($0) }
    #expect(first)
    #expect(rest == [false, true, true])
  }

  /// One instance of 4 blocks of 4 tokens; the second request evicts the prefix of the first.
  ///
  /// - Parameter leastOfHost: the fewest tokens that are loaded from host memory; 4 from the store.
  private func service(
    host: Int, store: Int, leastOfHost: Int = 4
  ) -> ServiceEngine<LinearLaw> {
    var scheduler = SchedulerSpec(policy: .vllm, seats: 1)
    let bandwidth = BytesPerSecond(1)
    if host > 0 { scheduler.hostCache = CacheTierSpec(tokens: host, bandwidth: bandwidth) }
    if store > 0 { scheduler.storeCache = CacheTierSpec(tokens: store, bandwidth: bandwidth) }
    scheduler.hostCache?.leastTokens = leastOfHost
    scheduler.storeCache?.leastTokens = 4
    var instance = ServiceSetup.InstanceSetup(
      role: .colocated, scheduler: scheduler, blocks: 4, blockSize: 4)
    instance.hostTime = ServiceCase.duration(3)
    instance.storeTime = ServiceCase.duration(7)
    let setup = ServiceSetup(
      instances: [instance], units: [ServiceSetup.UnitSetup(pool: 0, instances: 0..<1)],
      pools: [ServiceSetup.PoolSetup(name: "colocated", role: .colocated, gpusPerUnit: 1)])
    let requests = [0, 1, 0].enumerated().map { number, content in
      var request = ServiceRequest(
        arrival: SimTime.zero + ServiceCase.duration(10_000 * number), prompt: 14, output: 1)
      request.content = PromptContent(
        segments: (0..<14).map { $0 * 2 + UInt32(content) }, segmentLength: 1)
      return request
    }
    var engine = ServiceEngine(
      setup, requests: requests,
      laws: [LinearLaw(law: ServiceCase.Law(a: 1_000, b: 10, c: 100, d: 1, e: 0))],
      carrier: FixedCarrier(latency: .zero, perToken: .zero))
    engine.run()
    return engine
  }

  @Test("what the GPU has forgotten is loaded from the nearest tier that has it")
  func loads() {
    let without = service(host: 0, store: 0)
    let host = service(host: 64, store: 0)
    let store = service(host: 0, store: 64)

    // 14 tokens computed; or 12 loaded at 3 or 7 us each, and 2 computed beside 12 cached ones.
    func latency(_ engine: borrowing ServiceEngine<LinearLaw>) -> SimDuration? {
      engine.outcomes[2].firstToken.map { $0 - engine.outcomes[2].arrival }
    }
    #expect(latency(without) == ServiceCase.duration(1_000 + 14 * 10))
    #expect(latency(host) == ServiceCase.duration(12 * 3 + 1_000 + 2 * 10 + 12))
    #expect(latency(store) == ServiceCase.duration(12 * 7 + 1_000 + 2 * 10 + 12))
    #expect(host.pools[0].hostPromptTokens == 12 && host.pools[0].storePromptTokens == 0)
    #expect(store.pools[0].storePromptTokens == 12)
    #expect(host.outcomes[2].cachedTokens == 12)
  }

  @Test("each tier's tokens are compared with its own limit")
  func limits() {
    #expect(service(host: 64, store: 0, leastOfHost: 16).pools[0].hostPromptTokens == 0)
    #expect(service(host: 4, store: 64, leastOfHost: 1000).pools[0].storePromptTokens > 0)
    #expect(service(host: 4, store: 64, leastOfHost: 0).pools[0].storePromptTokens > 0)
  }

  @Test(
    "with tiers and swapping no request is lost silently, and nothing stays held",
    arguments: 0..<400)
  func conservation(seed: Int) {
    var service = RandomService(seed: UInt64(50_000 + seed), count: 25, faults: seed % 5)
    for index in service.setup.instances.indices {
      guard service.setup.instances[index].scheduler.policy == .vllm else { return }
      service.setup.instances[index].scheduler.cachesPrefixes = true
      service.setup.instances[index].scheduler.swapsPreempted = seed % 2 == 0
      var tier = CacheTierSpec(tokens: 40, bandwidth: BytesPerSecond(1))
      tier.leastTokens = 4
      service.setup.instances[index].scheduler.hostCache = tier
      if seed % 3 == 0 { service.setup.instances[index].scheduler.storeCache = tier }
      service.setup.instances[index].hostTime = ServiceCase.duration(5)
      service.setup.instances[index].storeTime = ServiceCase.duration(9)
    }

    let engine = service.run()

    for (request, outcome) in zip(engine.requests, engine.outcomes) {
      switch outcome.end {
      case .finished: #expect(outcome.tokens == request.output)
      case .rejected, .lost: break
      case .running, .queued: Issue.record("seed \(seed): a request has no end: \(outcome)")
      }
    }
    for instance in engine.instances {
      #expect(instance.cache.free == instance.cache.total)
      #expect(instance.loading == 0 && instance.isEmpty)
    }
  }
}
