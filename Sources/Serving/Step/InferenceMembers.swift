// The simulated GPUs of a unit, and the expert traffic of each.

import Cluster
import Execution
import Routing

/// Members of a unit with their traffic.
struct InferenceMembers {
  let choice: RepresentativeChoice
  /// Members with degraded ports, or that carry the traffic of a dead NIC.
  let slow: [Int]
  /// By layer with experts x microbatches + microbatch; nil if all GPUs have the same.
  private let loads: MemberLoads?
  private let microbatches: Int
  /// The traffic of one token of a group, if the load of a unit differs from the step's.
  private let perToken: GPUTraffic?
  /// Tokens of each microbatch.
  private let tokens: [Int]

  var representatives: Representatives { choice.representatives }

  init(_ costs: InferenceCosts) {
    let layout = costs.layout
    let gpus = layout.gpusPerStage
    let faults = FaultStates(costs.cluster)
    let choice = RepresentativeChoice(
      costs.spec.fidelity,
      states: faults.states(ranks: layout.pipeline, gpusPerRank: gpus),
      groupSizes: [gpus] + (layout.tensor > 1 ? [layout.tensor] : []),
      exchangeLevel: InferenceProgram.exchangeLevel, isUneven: costs.balance.isUneven,
      sharesLinks: Wiring.isShared(costs.cluster))
    self.choice = choice
    let traffic = costs.traffic
    microbatches = traffic.microbatches
    let count = traffic.layers * traffic.microbatches
    func layer(_ load: Int) -> LayerTraffic {
      traffic.layer(load / traffic.microbatches, microbatch: load % traffic.microbatches)
    }
    loads =
      costs.balance.isUneven
      ? MemberLoads(
        choice, groupSize: gpus, loadCount: count, sequences: [Array(0..<count)],
        mostLoaded: { layer($0).mostLoadedGPU }, traffic: layer) : nil
    let share = costs.spec.expertShare
    let sizes = costs.spec.microbatchRows.map(\.tokens)
    tokens = sizes
    perToken =
      share != 1 && traffic.layers > 0
      ? traffic.layer(0, microbatch: 0).gpus[0].receiving(share) / Double(sizes[0]) : nil
    let members = choice.representatives.members
    slow = members.indices.filter { member in
      (0..<layout.pipeline).contains { faults.isSlow($0 * gpus + members[member].gpu) }
    }
  }

  /// The traffic of some tokens of a group under a unit's load; nil if that is the step's own.
  func unitTraffic(ofTokens tokens: Int) -> GPUTraffic? { perToken.map { $0 * Double(tokens) } }

  /// What the experts of a member receive, and its links carry, in a layer; nil for the mean.
  func traffic(layer: Int, microbatch: Int, member: Int) -> GPUTraffic? {
    if let traffic = unitTraffic(ofTokens: tokens[microbatch]) { return traffic }
    return loads.map { $0.traffic(layer * microbatches + microbatch, column: $0.columns[member]) }
  }
}
