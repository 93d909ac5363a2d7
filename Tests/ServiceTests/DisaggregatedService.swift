// A service of one prefill and one decode instance that can be followed by hand. Shared by suites
// of this target.

import Units

@testable import Service

/// A small disaggregated service and its requests.
struct DisaggregatedService {
  var setup: ServiceSetup
  var requests: [ServiceRequest]
  /// Microseconds of a step: 1,000 + 10 for a prompt token, 100 for a decode, 1 for a token before
  /// them.
  var law = ServiceCase.Law(a: 1_000, b: 10, c: 100, d: 1, e: 0)
  /// A transfer takes 10 ms and 100 us for each token.
  var carrier = FixedCarrier(
    latency: ServiceCase.duration(10_000), perToken: ServiceCase.duration(100))

  /// A failure is detected after 100 ms, and the unit returns a second later.
  init(_ handover: Handover, requests: [ServiceRequest]) {
    let roles: [PoolSpec.Role] = [.prefill, .decode]
    let spec = SchedulerSpec(policy: handover == .pull ? .vllm : .sglang, seats: 4)
    setup = ServiceSetup(
      instances: roles.map {
        ServiceSetup.InstanceSetup(role: $0, scheduler: spec, blocks: 400, blockSize: 4)
      },
      units: roles.indices.map { ServiceSetup.UnitSetup(pool: $0, instances: $0..<$0 + 1) },
      pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
    setup.handover = handover
    setup.failures.detection = ServiceCase.duration(100_000)
    setup.failures.restart = ServiceCase.duration(1_000_000)
    self.requests = requests
  }

  func run(isLogged: Bool = false) -> ServiceEngine<LinearLaw> {
    var engine = ServiceEngine(
      setup, requests: requests, laws: setup.pools.map { _ in LinearLaw(law: law) },
      carrier: carrier, isLogged: isLogged)
    engine.run()
    return engine
  }
}
