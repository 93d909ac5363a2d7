// Random small services with a linear law of step times. Shared by suites of this target.

import Units

@testable import Service

/// A random service, the same for the same seed.
struct RandomService {
  var setup: ServiceSetup
  var requests: [ServiceRequest]
  var law: LinearLaw
  var carrier: FixedCarrier

  /// - Parameters:
  ///   - count: requests.
  ///   - faults: faults at random times.
  init(seed: UInt64, count: Int = 40, faults: Int = 0) {
    var draws = ServiceDraws(seed: seed)
    setup = draws.setup()
    draws.addFailures(faults, before: count * 2_000, to: &setup)
    law = LinearLaw(
      law: ServiceCase.Law(
        a: draws.pick([0, 500, 1_000]), b: 10, c: 50, d: draws.pick([0, 1, 2]), e: 0))
    carrier = FixedCarrier(
      latency: ServiceCase.duration(draws.pick([0, 300])), perToken: ServiceCase.duration(10))
    requests = draws.requests(count)
  }

  /// Multiplies the cache of every instance: a hundredfold has room for all requests at once.
  mutating func makeRoom(_ factor: Int = 100) {
    for index in setup.instances.indices { setup.instances[index].blocks *= factor }
  }

  /// Runs the service.
  ///
  /// - Parameters:
  ///   - stop: when it is stopped; nil to follow all requests to their ends.
  ///   - isLogged: whether each step is planned and logged; if not, quiet steps are counted.
  ///   - keepsMoments: whether the times of all tokens are kept.
  func run(
    until stop: SimTime? = nil, isLogged: Bool = false, keepsMoments: Bool = false
  ) -> ServiceEngine<LinearLaw> {
    var engine = ServiceEngine(
      setup, requests: requests, laws: setup.pools.map { _ in law }, carrier: carrier,
      isLogged: isLogged, keepsMoments: keepsMoments)
    engine.run(until: stop)
    return engine
  }
}

/// Draws the parts of a service.
private struct ServiceDraws {
  private var random: RandomStream

  init(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: RandomPurpose("test.service"))
  }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[random.index(below: values.count)]
  }

  /// Colocated instances, or prefill and decode; units of one instance, or of all of a pool.
  mutating func setup() -> ServiceSetup {
    let isApart = pick([false, true])
    let isPush = isApart && pick([false, true])
    let colocated = pick([SchedulerSpec.Policy.fcfs, .vllm, .sglang, .vllm])
    let isTogether = pick([false, false, true])
    let roles: [PoolSpec.Role] = isApart ? [.prefill, .decode] : [.colocated]
    var instances: [ServiceSetup.InstanceSetup] = []
    var units: [ServiceSetup.UnitSetup] = []
    for (pool, role) in roles.enumerated() {
      let first = instances.count
      let alike = instance(role, role == .colocated ? colocated : isPush ? .sglang : .vllm)
      instances += Array(repeating: alike, count: pick([1, 2, 3]))
      let members = first..<instances.count
      units +=
        isTogether
        ? [ServiceSetup.UnitSetup(pool: pool, instances: members)]
        : members.map { ServiceSetup.UnitSetup(pool: pool, instances: $0..<$0 + 1) }
    }
    var setup = ServiceSetup(
      instances: instances, units: units,
      pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
    setup.handover = isPush ? .push : .pull
    setup.router = pick(RouterSpec.Kind.allCases)
    return setup
  }

  private mutating func instance(
    _ role: PoolSpec.Role, _ policy: SchedulerSpec.Policy
  ) -> ServiceSetup.InstanceSetup {
    var spec = SchedulerSpec(policy: policy, seats: pick([2, 3, 5, 8]))
    spec.cachesPrefixes = pick([true, false])
    spec.tokenBudget = pick([16, 64])
    spec.chunk = pick([16, 64])
    spec.mixesChunks = role == .colocated && pick([false, true])
    spec.usesPriority = policy == .vllm && pick([false, true])
    spec.initialRatio = Ratio(pick([1, 3, 7]), 10)
    spec.decaySteps = pick([5, 20])
    spec.retractSteps = pick([1, 4])
    spec.reservedTokens = 16
    let size = pick([2, 4, 8])
    return ServiceSetup.InstanceSetup(
      role: role, scheduler: spec, blocks: pick([100, 120, 250]) / size, blockSize: size)
  }

  /// Adds rules for failures, and some faults before a time in microseconds.
  mutating func addFailures(_ count: Int, before end: Int, to setup: inout ServiceSetup) {
    setup.failures.rule = pick(FailureSpec.Rule.allCases)
    setup.failures.detection = ServiceCase.duration(pick([0, 500, 3_000]))
    setup.failures.restart = ServiceCase.duration(pick([2_000, 20_000]))
    setup.failures.backoff = ServiceCase.duration(pick([0, 700]))
    setup.failures.retryLimit = pick([nil, 1, 3])
    for _ in 0..<count {
      let time = SimTime.zero + ServiceCase.duration(random.index(below: end))
      setup.faults.append((time, random.index(below: setup.units.count)))
    }
    setup.faults.sort { $0.time < $1.time }
  }

  /// Requests with priorities, sessions and prefixes.
  mutating func requests(_ count: Int) -> [ServiceRequest] {
    var arrival = 0
    return (0..<count).map { _ in
      arrival += pick([0, 100, 1_000, 4_000])
      var request = ServiceRequest(
        arrival: SimTime.zero + ServiceCase.duration(arrival), prompt: 1 + random.index(below: 40),
        output: 1 + random.index(below: 30))
      request.priority = random.index(below: 3)
      request.session = pick([nil, 0, 1])
      if pick([true, false]) {
        let group = UInt32(random.index(below: 2))
        request.content = PromptContent(
          segments: (0..<8).map { $0 * 2 + group }, segmentLength: 4)
      }
      return request
    }
  }
}
