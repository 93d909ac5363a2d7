// What every service conserves: requests, blocks, tokens and time.

import Recording
import Testing
import Units

@testable import Service

@Suite("Conservation in services")
struct ConservationTests {
  /// Times are multiples of this, so that samples at this interval miss no change.
  private static let grid = 100

  /// A random service whose times all are multiples of the grid.
  private func gridded(seed: Int) -> RandomService {
    var service = RandomService(seed: UInt64(seed))
    let law = service.law.law
    service.law = LinearLaw(law: ServiceCase.Law(a: law.a, b: 100, c: 200, d: 0, e: 0))
    service.carrier.perToken = ServiceCase.duration(100)
    for index in service.requests.indices {
      service.requests[index].arrival = service.requests[index].arrival + ServiceCase.duration(100)
    }
    service.setup.sampleInterval = ServiceCase.duration(Self.grid)
    return service
  }

  /// Microseconds of a time, whole.
  private func microseconds(_ duration: SimDuration) -> Int {
    Int(duration.picoseconds / 1_000_000)
  }

  @Test("Little's law: requests in the service over time sum to their times", arguments: 0..<60)
  func little(seed: Int) {
    let engine = gridded(seed: seed).run()

    // The sample at the last event counts for no time.
    let samples = engine.samples.prefix { $0.time < engine.now }
    let present = samples.reduce(0) { $0 + $1.running + $1.queued }
    let times = engine.outcomes.reduce(0) {
      $0 + microseconds(($1.ended ?? engine.now) - $1.arrival)
    }
    #expect(present * Self.grid == times)
  }

  @Test("Little's law in the queue: of colocated instances, with preemptions", arguments: 0..<100)
  func littleInQueue(seed: Int) {
    let service = gridded(seed: seed)
    guard service.setup.pools.count == 1 else { return }
    let engine = service.run()

    let samples = engine.samples.prefix { $0.time < engine.now }
    let waiting = samples.reduce(0) { $0 + $1.queued } * Self.grid
    #expect(abs(engine.pools[0].queuedRequestSeconds * 1e6 - Double(waiting)) < 1e-3)
    if engine.outcomes.allSatisfy({ $0.preemptions == 0 }) {
      let times = engine.outcomes.reduce(0) { $0 + ($1.queueing.map(microseconds) ?? 0) }
      #expect(waiting == times)
    }
  }

  @Test("INV-8: at every sample, requests that arrived have ended or are there", arguments: 0..<150)
  func samples(seed: Int) {
    var service = RandomService(seed: UInt64(seed), faults: seed % 4)
    service.setup.sampleInterval = ServiceCase.duration(777)
    let engine = service.run()

    var arrived = 0
    var ended = 0
    for sample in engine.samples {
      arrived += sample.arrived
      ended += sample.finished + sample.rejected + sample.lost
      #expect(arrived == engine.outcomes.count { $0.arrival <= sample.time })
      #expect(ended == engine.outcomes.count { $0.ended.map { $0 <= sample.time } ?? false })
      #expect(sample.queued >= 0 && sample.running + sample.queued == arrived - ended)
      #expect((0...1).contains(sample.cacheUse))
    }
    #expect(ended == service.requests.count)
  }

  @Test("INV-7: no step holds more blocks, rows or tokens than there are", arguments: 0..<300)
  func steps(seed: Int) {
    let service = RandomService(seed: UInt64(seed), faults: seed % 3)
    let engine = service.run(isLogged: true)

    var busyUntil = service.setup.instances.map { _ in SimTime.zero }
    for step in engine.log?.steps ?? [] {
      let instance = service.setup.instances[step.instance]
      let spec = instance.scheduler
      #expect((0...instance.blocks).contains(step.freeBlocks))
      #expect(step.rows.count <= spec.seats)
      let tokens = step.rows.reduce(0) { $0 + $1.tokens }
      if spec.policy == .vllm { #expect(tokens <= spec.tokenBudget) }
      if spec.policy == .sglang, instance.role != .decode {
        #expect(step.rows.reduce(0) { $0 + ($1.isPrompt ? $1.tokens : 0) } <= spec.chunk)
      }
      let requests = step.rows.map(\.request)
      #expect(Set(requests).count == requests.count, "a request has two rows")
      // INV-5: one step at a time.
      #expect(step.start >= busyUntil[step.instance])
      busyUntil[step.instance] = step.aborted ?? step.end
    }
  }

  @Test("INV-14: every share of a whole is in 0...1, with and without faults", arguments: 0..<200)
  func shares(seed: Int) throws {
    var service = RandomService(seed: UInt64(seed), faults: seed % 4)
    service.setup.sampleInterval = ServiceCase.duration(5_000)
    let engine = service.run()
    let basis = sampleBasis()
    let result = engine.result.result(basis: basis)

    try result.checkInvariants()
    let kinds: Set<MetricKind> = [.utilisation, .cacheOccupancy, .cacheHitRatio]
    for metric in result.metrics where kinds.contains(metric.kind) {
      #expect((0...1 + 1e-12).contains(metric.value), "\(metric.name) is \(metric.value)")
    }
    for pool in engine.pools {
      #expect(pool.busyGPUSeconds <= pool.heldGPUSeconds + 1e-12)
      #expect(pool.usedTokenSeconds <= pool.availableTokenSeconds + 1e-9)
    }
  }

  @Test("output tokens of finished requests are those they asked for", arguments: 0..<150)
  func tokens(seed: Int) {
    let service = RandomService(seed: UInt64(seed))
    let engine = service.run()

    let finished = zip(service.requests, engine.outcomes).filter { $0.1.isFinished }
    let outputs = finished.reduce(0) { $0 + $1.0.output }
    #expect(engine.outcomes.reduce(0) { $0 + $1.tokens } == outputs)
    // Gaps between tokens: one fewer than tokens, without drafts.
    #expect(engine.gaps.reduce(0) { $0 + $1.count } == outputs - finished.count)
  }

  @Test(
    "gaps are those of finished requests, from the first token to the last, after all failures",
    arguments: 0..<300)
  func gaps(seed: Int) {
    var service = RandomService(seed: UInt64(60_000 + seed), faults: 1 + seed % 4)
    if seed % 4 == 0 { service.setup.failures.queueTimeout = ServiceCase.duration(5_000) }

    let engine = service.run()

    let finished = engine.outcomes.filter(\.isFinished)
    let spans = finished.compactMap { outcome in
      outcome.firstToken.flatMap { first in outcome.lastToken.map { $0 - first } }
    }
    #expect(engine.gaps.reduce(0) { $0 + $1.count } == finished.reduce(0) { $0 + $1.chunks - 1 })
    // Whole microseconds, which a Double adds exactly.
    #expect(
      engine.gaps.reduce(0) { $0 + $1.sum } == spans.reduce(0) { $0 + Double($1.picoseconds) })
  }

  @Test("INV-8: a request that gives up ends once, wherever it waits", arguments: 0..<400)
  func timeouts(seed: Int) {
    var service = RandomService(seed: UInt64(20_000 + seed), faults: 1 + seed % 4)
    service.setup.failures.queueTimeout = ServiceCase.duration(500 * (1 + seed % 20))
    if seed % 2 == 0 { service.setup.failures.rule = .retry }
    service.setup.failures.backoff = ServiceCase.duration(seed % 3 * 2_000)
    let engine = service.run()

    #expect(engine.endedCount == service.requests.count)
    let limit = service.setup.failures.queueTimeout
    for outcome in engine.outcomes {
      if let queueing = outcome.queueing { #expect(limit.map { queueing <= $0 } == true) }
      guard outcome.end == .lost(.timeout), let ended = outcome.ended else { continue }
      if let first = outcome.firstScheduled {
        #expect(limit.map { ended - first >= $0 } == true)
      } else {
        #expect(ended - outcome.arrival == limit)
      }
    }
    for instance in engine.instances {
      #expect(instance.cache.free == instance.cache.total)
      #expect(instance.assigned == 0 && instance.loading == 0 && instance.holders == 0)
      #expect(instance.isEmpty)
    }
  }

  @Test(
    "a stop: counted steps give what planned steps give, and all is counted", arguments: 0..<200)
  func stopped(seed: Int) throws {
    let service = RandomService(seed: UInt64(seed), faults: seed % 2)
    let stop = SimTime.zero + ServiceCase.duration(3_000 + 333 * seed)

    let counted = service.run(until: stop)
    let planned = service.run(until: stop, isLogged: true)

    #expect(counted.result.outcomes == planned.result.outcomes)
    #expect(counted.now == planned.now)
    #expect(counted.pools.map(\.outputTokens) == planned.pools.map(\.outputTokens))
    // Nobody counts who would have arrived later.
    let arrived = service.requests.count { $0.arrival <= stop }
    #expect(counted.result.requests.count == arrived)
    #expect(counted.result.outcomes.count == arrived)
    try counted.result.result(basis: sampleBasis()).checkInvariants()
  }
}
