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

  @Test("kept times of tokens are those of planned steps, and change nothing", arguments: 0..<200)
  func moments(seed: Int) {
    let service = RandomService(seed: UInt64(30_000 + seed), faults: seed % 3)

    let plain = service.run()
    let kept = service.run(keepsMoments: true)
    let planned = service.run(isLogged: true)

    #expect(kept.outcomes == plain.outcomes)
    #expect(kept.kernel.fingerprint == plain.kernel.fingerprint)
    let shown = planned.requests.indices.map { index in
      (planned.log?.chunks ?? []).filter { $0.request.index == index }.map(\.time)
    }
    #expect(kept.moments == shown)
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

  /// Pools of one instance a unit, with large caches.
  private func setup(
    _ policy: SchedulerSpec.Policy, drafts: Int = 0, instances: [PoolSpec.Role: Int]
  ) -> ServiceSetup {
    let roles = PoolSpec.Role.allCases.filter { instances[$0] != nil }
    var parts: [ServiceSetup.InstanceSetup] = []
    var units: [ServiceSetup.UnitSetup] = []
    for (pool, role) in roles.enumerated() {
      for _ in 0..<(instances[role] ?? 0) {
        units.append(
          ServiceSetup.UnitSetup(pool: pool, instances: parts.count..<parts.count + 1))
        parts.append(
          ServiceSetup.InstanceSetup(
            role: role, scheduler: SchedulerSpec(policy: policy, seats: 8),
            drafts: role == .prefill ? 0 : drafts, blocks: 10_000, blockSize: 4))
      }
    }
    return ServiceSetup(
      instances: parts, units: units,
      pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
  }

  private func run(_ setup: ServiceSetup, _ requests: [ServiceRequest]) -> ServiceEngine<LinearLaw>
  {
    var engine = ServiceEngine(
      setup, requests: requests,
      laws: setup.pools.map { _ in
        LinearLaw(law: ServiceCase.Law(a: 1_000, b: 10, c: 100, d: 1, e: 0))
      }, carrier: FixedCarrier(latency: .zero, perToken: .zero))
    engine.run()
    return engine
  }

  @Test(
    "every scheduler verifies drafts: if all are accepted, 8 tokens after the first take 4 steps",
    arguments: SchedulerSpec.Policy.allCases)
  func drafts(policy: SchedulerSpec.Policy) {
    let request = ServiceRequest(arrival: .zero, prompt: 4, output: 9)
    var setup = setup(policy, drafts: 1, instances: [.colocated: 1])

    setup.acceptance = [1]
    let accepted = run(setup, [request])
    setup.acceptance = [0]
    let refused = run(setup, [request])

    #expect(accepted.pools[0].steps == 1 + 4)
    #expect(refused.pools[0].steps == 1 + 8)
    #expect(accepted.outcomes[0].tokens == 9 && refused.outcomes[0].tokens == 9)
    #expect(accepted.outcomes[0].acceptedDrafts == 4 && accepted.outcomes[0].drafted == 4)
  }

  @Test("requests of one instant that wait for memory of decode see each other at prefill")
  func reserving() {
    var setup = setup(.sglang, instances: [.prefill: 4, .decode: 1])
    setup.handover = .push
    let requests = Array(
      repeating: ServiceRequest(arrival: .zero, prompt: 8, output: 2), count: 4)

    let engine = run(setup, requests)

    #expect(engine.outcomes.map(\.prefillInstance) == [0, 1, 2, 3])
  }
}
