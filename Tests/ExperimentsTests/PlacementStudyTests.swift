// Placement studies: what they compute and what they refuse.

import ModelCost
import Routing
import Testing

@testable import Experiments

@Suite("Placement studies")
struct PlacementStudyTests {
  private let sizes = PlacementSizes(replicas: 12, groups: 4, nodes: 2, gpus: 4)

  private var loads: ExpertLoads {
    ExpertLoads(layers: 2, experts: 8, values: [9, 1, 1, 1, 4, 4, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8])
  }

  private func study(
    _ policy: PlacementPolicy, measured: ExpertLoads? = nil, topK: Int = 2, groupLimit: Int = 2
  ) throws(PlacementProblem) -> PlacementStudy {
    try PlacementStudy(
      loads: loads, measured: measured, sizes: sizes, policy: policy, topK: topK,
      groupLimit: groupLimit, seed: 1)
  }

  @Test("policy best is never worse than EPLB, and policy eplb equals it")
  func policies() throws {
    for row in try study(.best).rows { #expect(row.chosen <= row.eplb) }
    for row in try study(.eplb).rows { #expect(row.chosen == row.eplb) }
  }

  /// 64 experts in 8 groups on 8 nodes of 2 GPUs: a layer with nearly all load in one group, an
  /// even one, and one without load.
  private static let spread = (
    sizes: PlacementSizes(replicas: 80, groups: 8, nodes: 8, gpus: 16),
    loads: ExpertLoads(
      layers: 3, experts: 64,
      values: (0..<64).map { $0 < 8 ? 1000 + Float($0) : 1 + Float($0 % 3) }
        + (0..<64).map { 100 + Float($0 % 7) } + Array(repeating: 0, count: 64))
  )

  /// An evaluation of these layers under the placement of a policy, or a given one.
  private static func spreadStudy(
    _ policy: PlacementPolicy, given: ExpertPlacement? = nil
  ) throws(PlacementProblem) -> PlacementStudy {
    var sizes = spread.sizes
    if policy == .none { sizes.replicas = 64 }
    return try PlacementStudy(
      loads: spread.loads, sizes: sizes, policy: policy, topK: nil, groupLimit: nil, seed: 1,
      placement: given)
  }

  /// A placement of these layers that does not look at groups.
  private static var freePlacement: ExpertPlacement {
    BestPlacement.plan(
      spread.loads, PlacementSizes(replicas: 80, groups: 1, nodes: 1, gpus: 16))
  }

  @Test("bounds are below the load under each policy and a given placement, shares at most 1")
  func bounds() throws {
    let studies =
      try PlacementPolicy.allCases.map { try Self.spreadStudy($0) }
      + [Self.spreadStudy(.best, given: Self.freePlacement)]

    for study in studies {
      // Sums of 80 shares differ in the last bits by their order.
      for row in study.rows where study.loads.hasLoad(layer: row.layer) {
        #expect(min(row.chosen, row.eplb) >= row.bounds.tightest * (1 - 1e-9))
      }
      let closed = study.study(.evaluation, policy: "any").values["closed_share"].number
      #expect((closed ?? 1) <= 1 + 1e-9)
    }
  }

  @Test("where a placement splits groups no node bounds it, and the record counts whole layers")
  func splitGroups() throws {
    let traffic = try Self.spreadStudy(.traffic)
    let given = try Self.spreadStudy(.best, given: Self.freePlacement)
    let best = try Self.spreadStudy(.best)

    // The group with nearly all load is worth spreading over nodes, even groups are not.
    #expect(traffic.rows.map(\.keepsGroups).prefix(2) == [false, true])
    #expect(traffic.rows.map { $0.bounds.node == nil }.prefix(2) == [true, false])
    let whole = [traffic, given, best].map {
      $0.study(.evaluation, policy: "any").values["whole_group_layers"].integer
    }
    #expect(whole == [1, 0, 2])
  }

  @Test("rows are evaluated on the measured counts")
  func measured() throws {
    let even = ExpertLoads(layers: 2, experts: 8, values: Array(repeating: 1, count: 16))

    let study = try study(.best, measured: even)

    #expect(study.loads == even)
    let placement = study.placement
    #expect(study.rows[0].chosen == placement.layers[0].imbalance(even[0], gpus: 4))
  }

  @Test("mismatched shapes, redundant slots without a planner and impossible gates are refused")
  func refusals() {
    let other = ExpertLoads(layers: 1, experts: 8, values: Array(repeating: 1, count: 8))
    let shape = #expect(throws: PlacementProblem.self) { try study(.best, measured: other) }
    #expect(shape?.description.contains("1 layers x 8 experts") == true)
    let slots = #expect(throws: PlacementProblem.self) { try study(.none) }
    #expect(slots?.description.contains("nearest: 8") == true)
    let gate = #expect(throws: PlacementProblem.self) { try study(.best, topK: 5) }
    #expect(gate?.description.contains("nearest: 4") == true)
    let limit = #expect(throws: PlacementProblem.self) { try study(.best, groupLimit: 9) }
    #expect(limit?.description.contains("nearest: 4") == true)
  }

  @Test(
    "by default a token visits as many experts and groups as in DeepSeek-V3, if there are enough",
    arguments: [
      (256, 8, 8, 4), (256, 1, 8, 1), (256, 2, 8, 2), (8, 1, 8, 1), (4, 1, 4, 1), (16, 8, 8, 4),
      (8, 8, 4, 4),
    ])
  func defaultVisits(experts: Int, groups: Int, topK: Int, groupLimit: Int) {
    let visits = TokenVisits(topK: nil, groupLimit: nil, experts: experts, groups: groups)

    #expect(visits.problems.isEmpty)
    #expect((visits.topK, visits.groupLimit) == (topK, groupLimit))
  }

  @Test("only a specified number is refused; the default adapts to it")
  func specifiedVisits() {
    func visits(topK: Int? = nil, groupLimit: Int? = nil) -> TokenVisits {
      TokenVisits(topK: topK, groupLimit: groupLimit, experts: 64, groups: 8)
    }

    #expect(visits(topK: 64).groupLimit == 8)
    #expect(visits(topK: 33).groupLimit == 5)
    #expect(visits(groupLimit: 1).topK == 8)
    for topK in [1, 64] { #expect(visits(topK: topK).problems.isEmpty) }
    for limit in [1, 8] { #expect(visits(groupLimit: limit).problems.isEmpty) }
    for topK in [Int.min, 0, 65, Int.max] {
      #expect(visits(topK: topK).problems.first?.message.contains("top-k \"\(topK)\"") == true)
    }
    for limit in [Int.min, 0, 9, Int.max] {
      let problems = visits(groupLimit: limit).problems
      #expect(problems.count == 1)
      #expect(problems.first?.message.contains("group-limit \"\(limit)\"") == true)
    }
  }

  @Test("an expert of DeepSeek-V3 has 44.05 MB: 44,040,192 weights and 2,688 scales")
  func expertBytes() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    #expect(model.expertBytes == 44_040_192 + 2_688 * 4)
  }

  @Test("memory grows with slots, bounds hold, and indivisible or huge numbers are refused")
  func sweep() throws {
    let sweep = try RedundancySweep(
      loads: loads, redundant: [0, 4, 8], groups: 4, nodes: 2, gpus: 4, expertBytes: 10)

    #expect(sweep.rows.map(\.bytesPerGPU) == [40, 60, 80])
    #expect(sweep.rows.map(\.slotsPerGPU) == [2, 3, 4])
    for row in sweep.rows { #expect(row.bound <= row.best && row.best <= row.eplb) }
    #expect(sweep.rows[0].isPareto)
    let idle = ExpertLoads(layers: 1, experts: 8, values: Array(repeating: 0, count: 8))
    let level = try #require(
      RedundancySweep(
        loads: idle, redundant: [0], groups: 4, nodes: 2, gpus: 4, expertBytes: 10
      ).rows.first)
    #expect([level.eplb, level.best, level.bound] == [1, 1, 1])
    let refused = #expect(throws: PlacementProblem.self) {
      try RedundancySweep(
        loads: loads, redundant: [2], groups: 4, nodes: 2, gpus: 4, expertBytes: 10)
    }
    #expect(
      refused?.report == """
        error: redundant "2" and 8 experts do not divide into equal slots on 4 GPUs
          nearest: 0 or 4
        """)
    let huge = #expect(throws: PlacementProblem.self) {
      try RedundancySweep(
        loads: loads, redundant: [4, Int.max], groups: 4, nodes: 2, gpus: 4, expertBytes: 10)
    }
    #expect(huge?.report.hasPrefix("error: redundant \"\(Int.max)\": more than") == true)
  }
}

@Suite("Drift")
struct DriftStudyTests {
  private func study(window: Int = 3, threshold: Double = 1.02) throws(PlacementProblem)
    -> DriftStudy
  {
    try DriftStudy(
      mix: DomainMix(layers: 1, experts: 16, topK: 2, domains: 3, minutes: 40, seed: 5, sigma: 1),
      sizes: PlacementSizes(replicas: 24, groups: 4, nodes: 2, gpus: 8), windowMinutes: window,
      threshold: threshold, expertBytes: 44, bytesPerSecond: 11)
  }

  @Test("without replanning nothing moves, the oracle is better, and differences are exact")
  func rows() throws {
    let result = try study().run(everyMinutes: [1, 8])

    let never = try #require(result.rows.first)
    #expect(never.everyMinutes == nil && never.moved == 0 && never.savedAgainstNever == 0)
    #expect(result.rows.map(\.everyMinutes) == [nil, 1, 8])
    for row in result.rows {
      #expect(row.lostToOracle == row.imbalance - result.oracle)
      #expect(row.savedAgainstNever == never.imbalance - row.imbalance)
      #expect(row.movedBytes == Double(row.moved) * 44)
      // 44 bytes at 11 B/s: four seconds per expert, and at worst one GPU receives them all.
      #expect(row.moveSeconds <= Double(row.moved) * 4)
    }
    // A stale placement may beat the oracle by luck in one minute, but not over all of them.
    #expect(result.oracle < never.imbalance)
    #expect(result.rows[1].moved > 0)
  }

  @Test("a window longer than the traffic and a threshold below 1 are refused")
  func refusals() {
    let window = #expect(throws: PlacementProblem.self) { try study(window: 40) }
    #expect(window?.description.contains("1 to 39") == true)
    let threshold = #expect(throws: PlacementProblem.self) { try study(threshold: 0.5) }
    #expect(threshold?.description.contains("nearest: 1") == true)
  }
}
