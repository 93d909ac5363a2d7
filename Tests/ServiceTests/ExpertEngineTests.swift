// Experts that move while an engine runs.

import Recording
import Testing
import Units

@testable import Service

@Suite("Rebalancing in a service")
struct ExpertEngineTests {
  /// A step takes 1,000 us; a request makes `output` tokens from 0 on.
  private func run(
    _ changes: [ExpertChange], arrival: Int = 0, output: Int = 10, isLogged: Bool = false
  ) -> ServiceEngine<LinearLaw> {
    var setup = ServiceSetup(
      instances: [
        ServiceSetup.InstanceSetup(
          role: .colocated, scheduler: SchedulerSpec(policy: .vllm, seats: 4), blocks: 100,
          blockSize: 16)
      ], units: [ServiceSetup.UnitSetup(pool: 0, instances: 0..<1)],
      pools: [ServiceSetup.PoolSetup(name: "colocated", role: .colocated, gpusPerUnit: 2)])
    setup.imbalance = [1.25]
    setup.expertChanges = [changes.makeIterator()]
    var engine = ServiceEngine(
      setup, requests: [ServiceRequest(arrival: at(arrival), prompt: 4, output: output)],
      laws: [LinearLaw(law: ServiceCase.Law(a: 1_000, b: 0, c: 0, d: 0, e: 0))],
      carrier: FixedCarrier(latency: .zero, perToken: .zero), isLogged: isLogged,
      keepsMoments: true)
    engine.run()
    return engine
  }

  private func move(_ time: Int, stall: Int) -> ExpertChange {
    ExpertChange(
      time: at(time), imbalance: 1.5, firstImbalance: 2, stall: ServiceCase.duration(stall),
      move: ExpertMove(slots: 3, bytes: 3e9, duration: ServiceCase.duration(stall)))
  }

  @Test("a standstill shifts every later token by exactly its length, after the step that runs")
  func standstill() {
    let engine = run([move(3_500, stall: 700)])

    let expected = (1...10).map { at($0 * 1_000 + ($0 > 4 ? 700 : 0)) }
    #expect(engine.moments[0] == expected)
    let pool = engine.pools[0]
    #expect(pool.rebalancings == 1 && pool.movedExpertBytes == 3e9)
    #expect(abs(pool.standstillSeconds - 700e-6) < 1e-15)
    // Standing still is not busy: ten steps on two GPUs.
    #expect(abs(pool.busyGPUSeconds - 0.02) < 1e-12)
    // 1.25 for 3,500 us, then 1.5, or 2 with the first placement, to the end at 10,700 us.
    #expect(abs(pool.imbalanceSeconds - (1.25 * 3_500 + 1.5 * 7_200) * 1e-6) < 1e-12)
    #expect(abs(pool.firstImbalanceSeconds - (1.25 * 3_500 + 2 * 7_200) * 1e-6) < 1e-12)
  }

  @Test("a unit without work has stood still when requests come later")
  func idle() {
    #expect(run([move(100, stall: 700)], arrival: 5_000, output: 1).moments[0] == [at(6_000)])
    #expect(run([move(4_800, stall: 700)], arrival: 5_000, output: 1).moments[0] == [at(6_500)])
  }

  @Test("a change without a move changes no time of a law that does not depend on it")
  func loadsOnly() {
    let change = ExpertChange(time: at(3_500), imbalance: 1.5, firstImbalance: 1.5)

    #expect(run([change]).moments == run([]).moments)
    #expect(run([change]).pools[0].rebalancings == 0)
  }

  @Test("counted steps with standstills give what planned steps give", arguments: 0..<100)
  func quiet(seed: Int) {
    var service = RandomService(seed: UInt64(seed), faults: seed % 3)
    service.setup.imbalance = service.setup.pools.map { _ in 1 }
    service.setup.expertChanges = service.setup.pools.map { _ in
      stride(from: 1_700, to: 60_000, by: 2_900).map { move($0, stall: 300) }.makeIterator()
    }

    let counted = service.run()
    let planned = service.run(isLogged: true)

    #expect(counted.outcomes == planned.outcomes)
    #expect(counted.now == planned.now)
    #expect(counted.pools.map(\.steps) == planned.pools.map(\.steps))
    for (first, second) in zip(counted.pools, planned.pools) {
      #expect(abs(first.standstillSeconds - second.standstillSeconds) < 1e-12)
      #expect(abs(first.busyGPUSeconds - second.busyGPUSeconds) < 1e-9)
    }
  }
}
