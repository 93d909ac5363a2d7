// Uneven experts: the time they add to a step, and its attribution.

import ModelCost
import Recording
import Routing
import Schedules
import Testing
import Units

@testable import Training

@Suite("Expert imbalance")
struct ExpertImbalanceTests {
  /// The small scenario with a source of expert loads.
  func scenario(_ schedule: String, _ source: RoutingSpec.Source, seed: UInt64 = 1) throws
    -> SmallScenario
  {
    var scenario = try SmallScenario(schedule: schedule)
    scenario.spec.routing = RoutingSpec(source, seed: seed)
    return scenario
  }

  static let schedules = ["1f1b", "zb_h1", "dualpipe"]

  @Test(
    "INV-13: with uneven experts, too, the rows of every rank sum to the step time",
    arguments: schedules)
  func attributionIsComplete(schedule: String) throws {
    let result = try scenario(schedule, .zipf(exponent: 0.8)).step().run()

    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
    #expect(result.rankTimes.allSatisfy { $0.time > .zero })
    #expect(result.rankTimes.contains { $0.activity == .expertImbalance })
  }

  @Test(
    "the folded step matches the step of every GPU within 0.5 %, its extra time within 15 %",
    arguments: schedules)
  func everyGPU(schedule: String) throws {
    let balanced = try SmallScenario(schedule: schedule).step().run().stepTime.seconds
    var scenario = try scenario(schedule, .logNormal(sigma: 0.6))

    let folded = try scenario.step().run().stepTime.seconds
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run().stepTime.seconds

    #expect(abs(folded / full - 1) < 0.005)
    let extra = full - balanced
    #expect(extra > 0)
    #expect(abs(folded - full) < 0.15 * extra)
  }

  @Test("equal measured counts give the balanced step, to the picosecond")
  func equalCounts() throws {
    var counted = try scenario(
      "dualpipe",
      .counts(ExpertLoads(layers: 1, experts: 64, values: [Float](repeating: 3, count: 64))))
    // Microbatches do not deviate: every token visits all experts.
    counted.model.experts?.topK = 64
    counted.model.experts?.groupLimit = 8
    var balanced = counted
    balanced.spec.routing = .uniform

    let result = try counted.step().run()

    #expect(try balanced.step().run().stepTime == result.stepTime)
    #expect(!result.rankTimes.contains { $0.activity == .expertImbalance })
    #expect(result.metrics.first { $0.kind == .gpuLoadMaxOverMean }?.value == 1)
  }

  @Test("more uneven experts make the step longer, and the extra time is attributed to them")
  func booked() throws {
    let balanced = try SmallScenario(schedule: "dualpipe").step().run()
    var last = balanced.stepTime
    for sigma in [0.3, 0.6, 1.2] {
      let result = try scenario("dualpipe", .logNormal(sigma: sigma)).step().run()

      let extra = (result.stepTime - balanced.stepTime).seconds
      let booked = try #require(result.metrics.first { $0.kind == .expertImbalanceTime }?.value)
      #expect(result.stepTime > last)
      // Bubbles between cells shift too, and tokens that share experts are copied less often, so
      // the two differ.
      #expect(abs(booked - extra) < 0.4 * extra, "sigma \(sigma): \(booked) of \(extra)")
      last = result.stepTime
    }
  }

  @Test("INV-6: the experts of every layer receive tokens x top-k rows, as recorded")
  func rowsAreConserved() throws {
    let result = try scenario("1f1b", .logNormal(sigma: 1)).step().run()

    // 1,024 tokens on each of 8 GPUs, top-8, 16 microbatches; five layers with experts.
    let rows = 1024 * 8 * 8 * 16
    for layer in 0..<5 {
      let loads = result.expertLoads.filter { $0.layer == layer }
      #expect(loads.count == 64)
      #expect(loads.reduce(0) { $0 + $1.rows } == rows)
    }
    #expect(result.metrics.first { $0.kind == .expertRowsPerLayer }?.value == Double(rows))
  }

  @Test("a GPU's expert time equals the kernels' at the points of the table, and rises in between")
  func table() throws {
    let step = try scenario("1f1b", .zipf(exponent: 1)).step()
    let mean = step.costs.work.expertRows
    let arrived = Double(step.costs.work.arrivedTokens)
    let balanced = step.costs[.moe][.experts, .forward]

    #expect(step.costs.expertTime(.forward, rows: Double(mean), arrived: arrived) == balanced)
    #expect(
      step.costs.expertTime(.forward, rows: Double(mean), arrived: 1.5 * arrived).alone
        > balanced.alone)
    var last = SimDuration.zero
    for rows in stride(from: mean / 8, to: 3 * mean, by: mean / 32) {
      let time = step.costs.expertTime(
        .forward, rows: Double(rows), arrived: arrived * Double(rows) / Double(mean)
      ).alone
      #expect(time > last)
      last = time
    }
  }

  @Test("INV-9: the same seed gives the same step, and another seed a different one")
  func seeds() throws {
    func fingerprint(_ seed: UInt64) throws -> String {
      try scenario("dualpipe", .logNormal(sigma: 0.5), seed: seed).step().run().fingerprint
    }
    #expect(try fingerprint(1) == fingerprint(1))
    #expect(try fingerprint(1) != fingerprint(2))
  }

  @Test("INV-3: uneven experts change the bytes of each GPU; in total they send what they receive")
  func messages() throws {
    // Experts are on two nodes of eight GPUs.
    func use(_ source: RoutingSpec.Source) throws -> NetworkUse {
      var scenario = try SmallScenario(schedule: "1f1b", gpus: 64, expert: 16)
      scenario.spec.fidelity = .everyGPU
      scenario.spec.routing = RoutingSpec(source, seed: 1)
      return try scenario.step().run().network
    }
    func sum(_ use: NetworkUse, _ link: LinkClass) -> Double {
      use.links.filter { $0.link == link }.reduce(0) { $0 + $1.bytes.value }
    }

    let (balanced, uneven) = try (use(.uniform), use(.logNormal(sigma: 0.8)))

    #expect(uneven.isConserved)
    for link in LinkClass.allCases where sum(balanced, link) > 0 {
      // Tokens that prefer the same experts visit fewer GPUs, and hardly fewer nodes.
      #expect(sum(uneven, link) < 1.001 * sum(balanced, link))
      #expect(sum(uneven, link) > 0.9 * sum(balanced, link))
    }
    let received = uneven.links.filter { $0.link == .scaleUpIn }.map(\.bytes.value)
    #expect((received.max() ?? 0) > 1.1 * (received.min() ?? 0))
  }

  @Test("larger messages of loaded GPUs lengthen exchanges")
  func exposed() throws {
    func communication(_ source: RoutingSpec.Source) throws -> Double {
      let result = try scenario("1f1b", source).step().run()
      return try #require(result.metrics.first { $0.kind == .communicationTime }?.value)
    }

    #expect(try communication(.logNormal(sigma: 0.6)) > 1.1 * communication(.uniform))
  }

  @Test("activations follow each GPU's rows: balanced on average, more on the most loaded GPU")
  func memory() throws {
    let step = try scenario("1f1b", .logNormal(sigma: 0.6)).step()
    let balanced = try SmallScenario(schedule: "1f1b").step()
    let held = HeldActivations(stages: step.stages, costs: step.costs)

    for stage in step.stages.indices {
      let work = Work(microbatch: 3, stage: stage)
      let mean = (0..<8).reduce(0) { $0 + held.bytes(of: work, gpu: $1) } / 8
      #expect(abs(mean - held.balanced[stage]) <= 1e-9 * mean)
    }
    // The first rank has no layer with experts.
    for (uneven, even) in zip(step.memory.ranks, balanced.memory.ranks).dropFirst() {
      #expect(uneven.activations > even.activations)
      #expect(uneven.weights == even.weights)
    }
  }
}
