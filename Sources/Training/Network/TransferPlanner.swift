// The traffic of a step, as legs of its ranks:
//
//     dispatch, combine       the pipelined legs of their kernels (ExchangeFlows)
//     pipeline transfers      a copy from one GPU to another
//     gradients, parameters   over the scale-up fabric inside domains, then over the network: two
//                             phases for each kind of parameters

import Cluster
import Execution
import ModelCost
import Units

/// Plans the transfers of a step.
struct TransferPlanner {
  /// The links that they cross.
  let network: StepNetwork
  /// The simulated GPUs of each rank.
  let representatives: Representatives
  private let spec: TrainingSpec
  private let node: NodeSpec
  private let gpusPerDomain: Int
  private let hop: StageLink
  private let dispatch: ExchangeFlows?
  private let combine: ExchangeFlows?

  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    representatives: Representatives
  ) {
    self.spec = spec
    self.representatives = representatives
    let node = cluster.node
    self.node = node
    gpusPerDomain = cluster.gpusPerDomain
    hop = StageLink(spec: spec, model: model, cluster: cluster)
    func flows(_ exchange: ExpertExchange?) -> ExchangeFlows? {
      exchange.map { ExchangeFlows($0, node: node, sms: spec.communicationSMs) }
    }
    dispatch = flows(costs.exchanges?.dispatch)
    combine = flows(costs.exchanges?.combine)
    let none = [BytesPerSecond](repeating: BytesPerSecond(0), count: 3)
    network = StepNetwork(
      cluster, rankCount: spec.layout.pipeline, representatives: representatives,
      kernels: (dispatch?.rates ?? none) + (combine?.rates ?? none),
      sharesSwitches: spec.fidelity != .everyGPU || !representatives.hasEveryPlace)
  }

  /// An exchange between a rank's GPUs; `ExpertVariants.shares` gives the fraction that each of
  /// them sends.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func exchange(_ direction: ExpertExchange.Direction, rank: Int) -> Transfer {
    // To the GPU with the sender's place in each other domain of the expert group.
    let peers = Peers.counterparts(groupSize: spec.layout.expert)
    return Transfer(rank: rank, [flows(direction).phase(to: peers)])
  }

  /// Dispatch or combine of one GPU.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func flows(_ direction: ExpertExchange.Direction) -> ExchangeFlows {
    guard let flows = direction == .dispatch ? dispatch : combine else {
      preconditionFailure("there is no exchange unless experts are spread")
    }
    return flows
  }

  /// The traffic between a GPU of a rank and its neighbours in a tensor or context group.
  func groupExchange(_ exchange: GroupExchange, rank: Int) -> Transfer {
    // The ring of a context group: to the GPU with the same index in the next tensor group.
    let peers = Peers.next(step: spec.layout.tensor, groupSize: spec.layout.sharding.gpus)
    return Transfer(
      rank: rank,
      [
        phase(
          exchange.bytes, exchange.reach.course(to: peers), latency: exchange.latency(on: node))
      ])
  }

  /// BF16 hidden states of a microbatch, or their gradients, from one rank to another.
  func hop(from rank: Int, to target: Int) -> Transfer {
    let reach = hop.reach(from: rank, to: target)
    return Transfer(
      rank: rank,
      [
        phase(
          hop.bytes, reach.course(to: .rank(target), rank: target),
          latency: reach.latency(on: node))
      ])
  }

  /// Reduce-scatter or all-gather of a rank's parameters with the replicas of each kind; nil if
  /// there are no replicas.
  ///
  /// - Parameters:
  ///   - bytes: bytes per parameter.
  ///   - sumsDuplicates: whether the GPUs of a tensor group first sum their gradients of parameters
  ///     that all of them hold.
  func replicaExchange(
    rank: Int, memory: RankMemory, counts: ReplicaCounts, bytes: Int, sumsDuplicates: Bool
  ) -> Transfer? {
    let layout = spec.layout
    let perDomain = min(gpusPerDomain, layout.gpusPerRank)
    // The GPUs of a domain that hold the same part of a tensor.
    let partsPerDomain = max(1, perDomain / layout.tensor)
    let replicated = ReplicaGroup(
      gpusPerDomain: partsPerDomain, domainCount: max(1, counts.replicated / partsPerDomain))
    // Neighbouring GPUs hold different experts, so replicas share a domain only if few GPUs do.
    let expertsPerDomain = max(1, perDomain / layout.expert)
    let expert = ReplicaGroup(
      gpusPerDomain: expertsPerDomain, domainCount: max(1, counts.expert / expertsPerDomain))
    // With two copies of the weights, the ring includes the partner's GPUs.
    let hasPartner = counts.replicated * layout.tensor > layout.gpusPerRank
    let partner = layout.pipeline - 1 - rank
    let ranks = hasPartner && partner != rank ? [rank, partner] : [rank]
    let phases =
      (sumsDuplicates ? duplicateSum(memory.duplicatedParameters * Double(bytes), rank: rank) : [])
      + self.phases(
        of: replicated, memory.replicatedParameters * Double(bytes),
        to: .nextReplica(step: perDomain, ranks: ranks))
      + self.phases(
        of: expert, memory.expertParameters * Double(bytes),
        to: .nextReplica(step: max(perDomain, layout.expert), ranks: ranks))
    return phases.isEmpty ? nil : Transfer(rank: rank, phases)
  }

  /// An all-reduce in the tensor group, whose GPUs only have the gradients of their own tokens.
  private func duplicateSum(_ bytes: Double, rank: Int) -> [TransferPhase] {
    guard spec.layout.sharding.tokenShards > 1 else { return [] }
    let sum = LayerCollective(operation: .allReduce, bytes: bytes)
    return groupExchange(GroupExchange(sum, tensor: spec.layout.tensor), rank: rank).phases
  }

  /// - Parameter peers: the next GPU of the ring over the network, which holds the same parameters.
  private func phases(
    of group: ReplicaGroup, _ bytes: Double, to peers: Peers
  ) -> [TransferPhase] {
    let moved = group.movedBytes(bytes)
    return [(moved.nvlink, Reach.insideDomain), (moved.network, .betweenDomains)]
      .filter { $0.0 > 0 }
      .map { phase($0.0, $0.1.course(to: peers), latency: $0.1.latency(on: node)) }
  }

  private func phase(
    _ bytes: Double, _ course: Leg.Course, latency: SimDuration
  ) -> TransferPhase {
    TransferPhase([Leg(course, bytes: bytes)], latency: latency)
  }
}
