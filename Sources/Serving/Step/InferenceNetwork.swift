// The links that a step crosses: ports of the simulated GPUs and, if the cluster describes its
// network, an even share of each link between switches.
//
// Valid as long as all GPUs under a switch send alike, including those of other units.

import Cluster
import Execution
import ModelCost
import Routing
import Units

/// The links of the GPUs of a step, and to whom they send.
struct InferenceNetwork {
  let links: StepNetwork
  /// With low-latency kernels every GPU of the other domains; with normal kernels the GPU with the
  /// sender's place in each domain, which forwards.
  let peers: Peers
  private let layout: InferenceLayout
  private let cluster: ClusterSpec

  /// The links of a unit's members.
  init(_ costs: InferenceCosts, on cluster: ClusterSpec, representatives: Representatives) {
    // Rates do not depend on the amount of traffic.
    let rates =
      costs.exchangesTokens
      ? ExpertExchange.Direction.allCases.flatMap { costs.exchange($0, 1).rates }
      : KernelRate.allCases.map { _ in BytesPerSecond(0) }
    layout = costs.layout
    self.cluster = cluster
    links = StepNetwork(
      cluster, rankCount: layout.pipeline, representatives: representatives, kernels: rates,
      sharesSwitches: !cluster.hasOwnPaths)
    let gpus = layout.gpusPerStage
    peers =
      switch costs.spec.phase {
      case .decode: .everyone(groupSize: gpus)
      case .prefill: .counterparts(groupSize: gpus)
      }
  }

  /// The traffic of a GPU of a stage in an exchange under any load.
  func transfer(_ exchange: ExchangeFlows, stage: Int) -> Transfer {
    Transfer(rank: stage, [exchange.phase(to: peers)])
  }

  /// The traffic of a GPU of a stage in an exchange under one load of all layers.
  func transfer(_ exchange: ExchangeFlows, _ traffic: GPUTraffic?, stage: Int) -> Transfer {
    Transfer(rank: stage, [exchange.phase(to: peers, traffic)])
  }

  /// The traffic of a GPU of a stage in a collective: inside scale-up domains, then between them.
  func transfer(_ collective: StepCollective, stage: Int) -> Transfer {
    let perDomain = cluster.gpusPerDomain
    let ranks = collective.ranks(in: layout)
    // The GPUs of a domain that meet, and the step from a GPU to the next one of its ring.
    let neighbours: Int
    let ring: Peers
    switch collective.group {
    case .tensor:
      neighbours = min(ranks, perDomain)
      ring = .next(step: perDomain, groupSize: layout.tensor)
    case .data:
      neighbours = min(ranks, max(1, perDomain / layout.tensor))
      ring = .next(step: max(perDomain, layout.tensor), groupSize: layout.gpusPerStage)
    }
    let group = ReplicaGroup(gpusPerDomain: neighbours, domainCount: ranks / neighbours)
    let turns = collective.operation == .allReduce ? 2 : 1
    let moved = group.movedBytes(collective.bytes)
    let hops = group.hops(collective.operation)
    let legs = [
      (Reach.insideDomain, moved.nvlink, hops.nvlink),
      (.betweenDomains, moved.network, hops.network),
    ]
    return Transfer(
      rank: stage,
      legs.filter { $0.1 > 0 }.map { reach, bytes, hops in
        TransferPhase(
          [Leg(reach.course(to: ring), bytes: bytes * Double(turns))],
          latency: reach.latency(on: cluster.node) * hops)
      })
  }

  /// What each GPU of a stage sends to the GPU with its place in the next one.
  func hop(from stage: Int, bytes: Double) -> Transfer {
    let domains = [stage, stage + 1].map { cluster.domain(of: $0 * layout.gpusPerStage) }
    let reach = domains[0] == domains[1] ? Reach.insideDomain : .betweenDomains
    return Transfer(
      rank: stage,
      [
        TransferPhase(
          [Leg(reach.course(to: .rank(stage + 1), rank: stage + 1), bytes: bytes)],
          latency: reach.latency(on: cluster.node))
      ])
  }
}
