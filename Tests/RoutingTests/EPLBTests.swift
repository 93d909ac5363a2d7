// EPLB checked against placements of DeepSeek's own code, run with a stable sort.

import Foundation
import Testing

@testable import Routing

/// One golden file of DeepSeek's planner.
struct GoldenPlacement: Decodable, Sendable, CustomTestStringConvertible {
  struct Arguments: Decodable, Sendable {
    var replicas: Int
    var groups: Int
    var nodes: Int
    var gpus: Int
  }

  var name: String
  var policy: String
  var args: Arguments
  var weight: [[Float]]
  var phy2log_stable: [[Int]]
  var log2phy_stable: [[[Int]]]?
  var logcnt: [[Int]]
  var ratio_stable: [Double]

  var testDescription: String { name }

  var sizes: PlacementSizes {
    PlacementSizes(
      replicas: args.replicas, groups: args.groups, nodes: args.nodes, gpus: args.gpus)
  }

  /// The loads of the first `limit` layers.
  func loads(limit: Int = .max) -> ExpertLoads {
    let rows = weight.prefix(limit)
    return ExpertLoads(
      layers: rows.count, experts: weight[0].count, values: rows.flatMap { $0 })
  }

  static let all: [GoldenPlacement] = {
    let folder = Bundle.module.bundleURL.appending(path: "Fixtures/eplb")
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (names ?? []).sorted().compactMap {
      try? JSONDecoder().decode(
        GoldenPlacement.self, from: Data(contentsOf: folder.appending(path: $0)))
    }
  }()
}

@Suite("EPLB")
struct EPLBTests {
  @Test("all golden files are read")
  func count() {
    #expect(GoldenPlacement.all.count == 39)
  }

  @Test(
    "slots, replica numbers and counts equal those of DeepSeek's code",
    arguments: GoldenPlacement.all)
  func golden(_ golden: GoldenPlacement) {
    let sizes = golden.sizes
    let loads = golden.loads()

    let plan = EPLB.plan(loads, sizes)

    #expect((golden.policy == "hierarchical") == sizes.isHierarchical)
    #expect(plan.layers.map(\.experts) == golden.phy2log_stable)
    #expect(plan.layers.map(\.counts) == golden.logcnt)
    if let slots = golden.log2phy_stable {
      let width = plan.layers.flatMap(\.counts).max() ?? 0
      #expect(plan.layers.map { $0.slots(width: width) } == slots)
    }
    // For a layer without load the golden ratio is 0, this program's is 1.
    for (layer, placement) in plan.layers.enumerated()
    where loads[layer].contains(where: { $0 > 0 }) {
      let ratio = placement.imbalance(loads[layer], gpus: sizes.gpus)
      // The golden ratio has six decimals.
      #expect(abs(ratio - golden.ratio_stable[layer]) < 2e-6)
    }
  }
}
