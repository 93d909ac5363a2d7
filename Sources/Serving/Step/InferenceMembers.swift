// The simulated GPUs of a unit, and the expert loads of each.

import Cluster
import Execution

/// Members of a unit with their loads.
struct InferenceMembers {
  let choice: RepresentativeChoice
  /// Members with degraded ports, or that carry the traffic of a dead NIC.
  let slow: [Int]
  /// By layer with experts, relative to the mean.
  private let loads: MemberLoads

  var representatives: Representatives { choice.representatives }

  init(_ costs: InferenceCosts) {
    let gpus = costs.spec.expertParallel
    let faults = FaultStates(costs.cluster)
    choice = RepresentativeChoice(
      costs.spec.fidelity, states: faults.states(ranks: 1, gpusPerRank: gpus), groupSizes: [gpus],
      exchangeLevel: InferenceProgram.exchangeLevel, isUneven: costs.balance.isUneven,
      sharesLinks: Wiring.isShared(costs.cluster))
    loads = MemberLoads(
      choice, groupSize: gpus, gpusPerNode: gpus / costs.domainCount,
      values: costs.balance.gpuLoads, sequences: [Array(costs.balance.mostLoaded.indices)])
    let members = choice.representatives.members
    slow = members.indices.filter { faults.isSlow(members[$0].gpu) }
  }

  /// Tokens that the experts of a member receive in a layer, relative to the mean.
  func load(layer: Int, member: Int) -> ExchangeLoad {
    let column = loads.columns[member]
    return ExchangeLoad(
      gpu: loads.gpu(layer, column: column), node: loads.node(layer, column: column))
  }
}
