// Loads of a step with planned expert placements.

import Testing

@testable import Routing

@Suite("Placed experts of a step")
struct PlacedLoadsTests {
  private let sizes = StepLoads.Sizes(
    layers: 3, microbatches: 5, experts: 64, gpus: 16, topK: 8, tokensPerGPU: 1024)
  private let slots = PlacementSizes(replicas: 64, groups: 8, nodes: 2, gpus: 16)

  private func placement(_ planner: ExpertPlanner, _ spec: RoutingSpec) -> ExpertPlacement {
    let loads = StepLoads.expected(spec, sizes: sizes)
    return ExpertPlacement(layers: (0..<loads.layers).map { planner.plan(loads[$0], slots) })
  }

  @Test(
    "INV-6: a placement conserves rows: each GPU receives exactly those of its experts",
    arguments: ExpertPlanner.allCases)
  func conserved(planner: ExpertPlanner) {
    let spec = RoutingSpec(.logNormal(sigma: 0.8), seed: 4)
    let unplanned = StepLoads(spec, sizes: sizes)

    let loads = StepLoads(spec, sizes: sizes, placement: placement(planner, spec))

    for layer in 0..<3 {
      var ofGPUs = [Int](repeating: 0, count: 16)
      for expert in 0..<64 {
        #expect(
          loads.total(layer: layer, expert: expert)
            == unplanned.total(layer: layer, expert: expert))
        ofGPUs[loads.gpu(layer: layer, expert: expert)] +=
          loads.total(layer: layer, expert: expert)
      }
      for gpu in 0..<16 {
        let rows = (0..<5).map { loads.rows(layer: layer, microbatch: $0, gpu: gpu) }
        #expect(rows.reduce(0, +) == ofGPUs[gpu])
        #expect((0..<64).count { loads.gpu(layer: layer, expert: $0) == gpu } == 4)
      }
      #expect(ofGPUs.reduce(0, +) == 5 * sizes.rows)
    }
    if planner == .inOrder { #expect(loads == unplanned) }
  }

  @Test("loads 3, 3, 1, 1 on two GPUs: 6 and 2 in order, 4 and 4 when planned")
  func evened() {
    let spec = RoutingSpec(
      .counts(ExpertLoads(layers: 1, experts: 4, values: [3, 3, 1, 1])), seed: 1)
    let sizes = StepLoads.Sizes(
      layers: 1, microbatches: 20, experts: 4, gpus: 2, topK: 1, tokensPerGPU: 100_000)
    let expected = StepLoads.expected(spec, sizes: sizes)
    func maxOverMean(_ planner: ExpertPlanner) -> Double {
      let slots = PlacementSizes(replicas: 4, groups: 1, nodes: 1, gpus: 2)
      return StepLoads(
        spec, sizes: sizes,
        placement: ExpertPlacement(layers: [planner.plan(expected[0], slots)])
      ).meanMaxOverMean
    }

    // A GPU's rows are binomial around 150,000 or 100,000, with a standard deviation of 0.2 %.
    #expect(abs(maxOverMean(.inOrder) - 1.5) < 0.005)
    for planner in [ExpertPlanner.best, .eplb] {
      #expect((1..<1.01).contains(maxOverMean(planner)))
    }
  }

  @Test("expected loads of a profile mix its domains equally and match layers by depth")
  func profile() {
    let profile = LoadProfile(
      domains: ["a", "b"], experts: 2,
      shares: [[[0.75, 0.25], [0.25, 0.75]], [[0.75, 0.25], [0.75, 0.25]]], notes: [])
    let sizes = StepLoads.Sizes(
      layers: 4, microbatches: 1, experts: 2, gpus: 2, topK: 1, tokensPerGPU: 1)

    let loads = StepLoads.expected(RoutingSpec(.profile(profile)), sizes: sizes)

    #expect(loads[1] == [5e5, 5e5])
    #expect(loads[2] == [7.5e5, 2.5e5])
  }
}
