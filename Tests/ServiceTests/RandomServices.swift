// Random small services with a linear law of step times.

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
    var random = RandomStream(seed: seed, purpose: RandomPurpose("test.service"))
    func pick<T>(_ values: [T]) -> T { values[random.index(below: values.count)] }
    let isApart = pick([false, true])
    let isPush = isApart && pick([false, true])
    let colocated = pick([SchedulerSpec.Policy.fcfs, .vllm, .sglang, .vllm])
    let isTogether = pick([false, false, true])
    func instance(_ role: PoolSpec.Role) -> ServiceSetup.InstanceSetup {
      let policy: SchedulerSpec.Policy =
        role == .colocated ? colocated : isPush ? .sglang : .vllm
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
    let roles: [PoolSpec.Role] = isApart ? [.prefill, .decode] : [.colocated]
    var instances: [ServiceSetup.InstanceSetup] = []
    var units: [ServiceSetup.UnitSetup] = []
    for (pool, role) in roles.enumerated() {
      let first = instances.count
      let alike = instance(role)
      instances += (0..<pick([1, 2, 3])).map { _ in alike }
      if isTogether {
        units.append(ServiceSetup.UnitSetup(pool: pool, instances: first..<instances.count))
      } else {
        units += (first..<instances.count).map {
          ServiceSetup.UnitSetup(pool: pool, instances: $0..<$0 + 1)
        }
      }
    }
    setup = ServiceSetup(
      instances: instances, units: units,
      pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
    setup.handover = isPush ? .push : .pull
    let routers = RouterSpec.Kind.allCases.filter { $0 != .dynamo || isApart || pick([true]) }
    setup.router = pick(routers)
    setup.failures.rule = pick(FailureSpec.Rule.allCases)
    setup.failures.detection = ServiceCase.duration(pick([0, 500, 3_000]))
    setup.failures.restart = ServiceCase.duration(pick([2_000, 20_000]))
    setup.failures.backoff = ServiceCase.duration(pick([0, 700]))
    setup.failures.retryLimit = pick([nil, 1, 3])
    setup.faults = (0..<faults).map { _ in
      (
        SimTime.zero + ServiceCase.duration(random.index(below: count * 2_000)),
        random.index(below: units.count)
      )
    }.sorted { $0.time < $1.time }
    law = LinearLaw(
      law: ServiceCase.Law(a: pick([0, 500, 1_000]), b: 10, c: 50, d: pick([0, 1, 2]), e: 0))
    carrier = FixedCarrier(
      latency: ServiceCase.duration(pick([0, 300])), perToken: ServiceCase.duration(10))
    requests = []
    var arrival = 0
    for _ in 0..<count {
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
      requests.append(request)
    }
  }

  /// Runs the service.
  ///
  /// - Parameter isLogged: whether each step is planned and logged; if not, quiet steps are counted.
  func run(isLogged: Bool = false) -> ServiceEngine<LinearLaw> {
    var engine = ServiceEngine(
      setup, requests: requests, laws: setup.pools.map { _ in law }, carrier: carrier,
      isLogged: isLogged)
    engine.run()
    return engine
  }
}
