// How many redundant experts are worth their memory.

import Routing
import Statistics
import Text

/// Cost and benefit of a number of redundant experts.
package struct RedundancyRow: Sendable {
  /// Slots beyond one per expert, per layer.
  package var redundant: Int
  /// Slots per GPU and layer.
  package var slotsPerGPU: Int
  /// Memory per GPU for the routed experts of all layers.
  package var bytesPerGPU: Double
  /// Sum over layers of the largest GPU load, over the sum of means, under EPLB.
  package var eplb: Double
  /// The same under `BestPlacement`.
  package var best: Double
  /// The tightest lower bound on both.
  package var bound: Double
  /// Whether no smaller number of replicas balances as well.
  package var isPareto: Bool
}

/// The same loads with different numbers of redundant experts.
package struct RedundancySweep: Sendable {
  /// The rows, in the order of the requested numbers.
  package let rows: [RedundancyRow]
  let (groups, nodes, gpus): (Int, Int, Int)
  let expertBytes: Double

  /// - Parameters:
  ///   - loads: loads to plan and evaluate on, by layer and expert.
  ///   - redundant: numbers of redundant experts.
  ///   - groups: groups of experts that the gate routes by; 1 without groups.
  ///   - nodes: nodes that share a layer.
  ///   - gpus: GPUs that share a layer.
  ///   - expertBytes: bytes of one expert's weights and scales in one layer.
  /// - Throws: `PlacementProblem` for numbers that do not divide over the GPUs.
  package init(
    loads: ExpertLoads, redundant: [Int], groups: Int, nodes: Int, gpus: Int, expertBytes: Double
  ) throws(PlacementProblem) {
    let most = PlacementSizes.limit - loads.experts
    var problems = redundant.filter { $0 > most }.map {
      Explanation(
        "redundant \"\($0)\": more than the limit of \(most)", advice: ["nearest: \(most)"])
    }
    let all = redundant.filter { $0 <= most }.map {
      PlacementSizes(replicas: loads.experts + $0, groups: groups, nodes: nodes, gpus: gpus)
    }
    for problem in all.flatMap({ $0.problems(experts: loads.experts, counting: .redundant) })
    where !problems.contains(problem) {
      problems.append(problem)
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    var rows = all.map { sizes in
      Self.row(loads, sizes, bytesPerGPU: Double(sizes.slotsPerGPU * loads.layers) * expertBytes)
    }
    let costs = rows.map { (first: Double($0.redundant), second: $0.best) }
    for (index, isMember) in ParetoFront.members(costs).enumerated() {
      rows[index].isPareto = isMember
    }
    self.rows = rows
    (self.groups, self.nodes, self.gpus) = (groups, nodes, gpus)
    self.expertBytes = expertBytes
  }

  private static func row(
    _ loads: ExpertLoads, _ sizes: PlacementSizes, bytesPerGPU: Double
  ) -> RedundancyRow {
    var sums = (eplb: 0.0, best: 0.0, bound: 0.0, mean: 0.0)
    for layer in 0..<loads.layers {
      let layerLoads = loads[layer]
      let mean = layerLoads.reduce(0) { $0 + Double($1) } / Double(sizes.gpus)
      sums.mean += mean
      sums.eplb += mean * EPLB.plan(layerLoads, sizes).imbalance(layerLoads, gpus: sizes.gpus)
      sums.best +=
        mean * BestPlacement.plan(layerLoads, sizes).imbalance(layerLoads, gpus: sizes.gpus)
      sums.bound += mean * PlacementBounds(layerLoads, sizes).tightest
    }
    // Without any load all GPUs are equally loaded.
    func overMean(_ sum: Double) -> Double { sums.mean > 0 ? sum / sums.mean : 1 }
    return RedundancyRow(
      redundant: sizes.replicas - loads.experts, slotsPerGPU: sizes.slotsPerGPU,
      bytesPerGPU: bytesPerGPU, eplb: overMean(sums.eplb), best: overMean(sums.best),
      bound: overMean(sums.bound), isPareto: false)
  }
}
