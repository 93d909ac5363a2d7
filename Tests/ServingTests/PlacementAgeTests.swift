// Inference steps whose placement was planned on earlier traffic.

import Cluster
import ModelCost
import Recording
import Routing
import Testing

@testable import Serving

@Suite("Age of a placement")
struct PlacementAgeTests {
  private let model: ModelSpec
  private let cluster: ClusterSpec

  /// DeepSeek-V3 with few layers.
  init() throws {
    var model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    model.layers = 7
    self.model = model
    cluster = ClusterSpec(node: try #require(NodeSpec.catalogue.first), nodeCount: 8)
  }

  private func spec(
    _ plan: PlanTiming?, planner: ExpertPlanner = .best, redundant: Int = 64
  ) -> InferenceSpec {
    InferenceSpec(
      phase: .decode, batch: 96, context: 4989, expertParallel: 64, redundantExperts: redundant,
      microbatches: 2, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil, communicationSMs: 0,
      routing: RoutingSpec(.logNormal(sigma: 0.59), seed: 1), planner: planner, plan: plan,
      kernelRelease: .april2025)
  }

  private func run(_ spec: InferenceSpec) throws -> SimulationResult {
    try InferenceStep(spec: spec, model: model, cluster: cluster).run()
  }

  private func value(_ kind: MetricKind, _ result: SimulationResult) throws -> Double {
    try #require(result.metrics.first { $0.kind == kind }?.value)
  }

  @Test("groups without a limit bind no placement")
  func unlimitedGroups() throws {
    func planned(groups: Int, limit: Int) throws -> [Double] {
      var experts = try #require(model.experts)
      (experts.groups, experts.groupLimit) = (groups, limit)
      let spec = spec(PlanTiming(windowMinutes: 4, ageMinutes: 90), redundant: 0)
      return ExpertBalance(spec: spec, experts: experts, layers: 2, domains: 8).planned
    }

    #expect(try planned(groups: 8, limit: 8) == planned(groups: 1, limit: 1))
    #expect(try planned(groups: 8, limit: 4) != planned(groups: 1, limit: 1))
  }

  @Test("the step's loads are placed by the plan for the window, layer by layer")
  func placement() throws {
    let plan = PlanTiming(windowMinutes: 4, ageMinutes: 90)
    let experts = try #require(model.experts)
    let balance = ExpertBalance(spec: spec(plan), experts: experts, layers: 4, domains: 8)
    let traffic = InferenceTraffic(balance, spec: spec(plan), domains: 8)
    let loads = DriftedLoads(
      spec(plan).routing, plan: plan, layers: 4, experts: 256, topK: 8)
    let sizes = PlacementSizes(replicas: 320, groups: 8, nodes: 8, gpus: 64)

    for layer in 0..<4 {
      let placement = BestPlacement.plan(loads.planned[layer], sizes)
      #expect(balance.planned[layer] == placement.imbalance(loads.planned[layer], gpus: 64))
      let served = placement.gpuLoads(loads.served[layer], gpus: 64)
      let mean = served.reduce(0, +) / 64
      for microbatch in 0..<2 {
        // 48 sequences of a token on each GPU, each of which visits 8 experts.
        for (gpu, load) in zip(traffic.layer(layer, microbatch: microbatch).gpus, served) {
          #expect(abs(gpu.rows - 48 * 8 * load / mean) < 1e-9 * gpu.rows)
        }
      }
    }
  }

  @Test(
    "a plan from half a day ago slows a step more than one from a day ago: traffic repeats daily")
  func age() throws {
    func step(_ age: Int) throws -> (seconds: Double, ratio: Double, planned: Double) {
      let result = try run(spec(PlanTiming(windowMinutes: 10, ageMinutes: age)))
      return try (
        result.stepTime.seconds, value(.gpuLoadMaxOverMean, result),
        value(.plannedMaxOverMean, result)
      )
    }

    let (fresh, halfDay, day) = try (step(1), step(720), step(1440))

    #expect(fresh.seconds < day.seconds && day.seconds < halfDay.seconds)
    #expect(fresh.ratio < day.ratio && day.ratio < halfDay.ratio)
    // The load that a plan expected in its own window does not depend on its age.
    #expect(abs(halfDay.planned / fresh.planned - 1) < 0.05)
    #expect(halfDay.planned < 0.9 * halfDay.ratio)
  }

  @Test("without a plan's age nothing is planned, and experts in order need no plan")
  func absent() throws {
    let result = try run(spec(nil))
    #expect(!result.metrics.contains { $0.kind == .plannedMaxOverMean })

    let ratios = try [0, 720].map { age in
      let spec = spec(
        PlanTiming(windowMinutes: 1, ageMinutes: age), planner: .inOrder, redundant: 0)
      return try value(.gpuLoadMaxOverMean, run(spec))
    }
    #expect(ratios[0] == ratios[1])
  }
}
