// The traffic of a step, as flows on the links of its ranks:
//
//     dispatch, combine       the pipelined legs of their kernels (ExchangeFlows)
//     pipeline transfers      a copy from one GPU to another
//     gradients, parameters   over NVLink inside domains, then over the network: two phases for
//                             each kind of parameters
//
// Traffic across the network takes the routes of the cluster's fabric (FabricFlows), if any.

import Cluster
import Execution
import ModelCost
import Units

/// Plans the transfers of a step.
struct TransferPlanner {
  let links: GPULinks
  /// The simulated GPUs of each rank.
  let representatives: Representatives
  private let spec: TrainingSpec
  private let node: NodeSpec
  private let gpusPerDomain: Int
  private let hop: StageLink
  private let dispatch: ExchangeFlows?
  private let combine: ExchangeFlows?
  private let fabric: FabricFlows?

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
    fabric = FabricFlows(
      cluster,
      members: RankMembers(ranks: spec.layout.pipeline, representatives: representatives),
      hasShares: spec.fidelity != .everyGPU)
    let none = [BytesPerSecond](repeating: BytesPerSecond(0), count: 3)
    let nvlink = Reach.insideDomain.rate(on: node)
    links = GPULinks(
      rankCount: spec.layout.pipeline,
      portCapacities: [node.networkPerGPU, node.networkPerGPU, nvlink, nvlink]
        + (dispatch?.rates ?? none) + (combine?.rates ?? none),
      faults: GPULinks.Fault.all(of: cluster, ranks: spec.layout.pipeline, representatives),
      switches: fabric?.switches ?? [])
  }

  /// An exchange between a rank's GPUs; `ExpertVariants.shares` gives the fraction that each of
  /// them sends.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func exchange(_ direction: ExpertExchange.Direction, rank: Int) -> Transfer {
    routed(flows(direction).template(links, rank: rank), rank: rank)
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

  /// An exchange of an expert group on the routes of the fabric.
  private func routed(_ transfer: Transfer, rank: Int) -> Transfer {
    guard let fabric, spec.layout.expert > gpusPerDomain else { return transfer }
    // To the GPU with the sender's index in each other domain of the expert group.
    let perDomain = gpusPerDomain
    let group = spec.layout.expert
    let count = spec.layout.gpusPerRank
    return fabric.routed(
      transfer, rank: rank, links: links,
      peers: [
        .mutual { gpu in
          let start = gpu - gpu % count % group
          return stride(from: start + (gpu - start) % perDomain, to: start + group, by: perDomain)
            .filter { $0 != gpu }
        }
      ])
  }

  /// The traffic between a GPU of a rank and its neighbours in a tensor or context group.
  func groupExchange(_ exchange: GroupExchange, rank: Int) -> Transfer {
    let transfer = Transfer(phases: [
      phase(exchange.bytes, exchange.reach, from: rank, latency: exchange.latency(on: node))
    ])
    guard let fabric, exchange.reach == .betweenDomains else { return transfer }
    // The ring of a context group: to the GPU with the same index in the next tensor group.
    let group = spec.layout.sharding.gpus
    return fabric.routed(
      transfer, rank: rank, links: links,
      peers: [
        .mutual { gpu in
          let place = gpu % spec.layout.gpusPerRank % group
          return [gpu - place + (place + spec.layout.tensor) % group]
        }
      ])
  }

  /// BF16 hidden states of a microbatch, or their gradients, from one rank to another.
  func hop(from rank: Int, to target: Int) -> Transfer {
    let reach = hop.reach(from: rank, to: target)
    let transfer = Transfer(phases: [phase(hop.bytes, reach, from: rank, to: target)])
    guard let fabric, reach == .betweenDomains else { return transfer }
    return fabric.routed(transfer, rank: rank, links: links, peers: [.rank(target)])
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
    let duplicates =
      sumsDuplicates ? duplicateSum(memory.duplicatedParameters * Double(bytes), rank: rank) : []
    let dense = phases(of: replicated, memory.replicatedParameters * Double(bytes), rank: rank)
    let experts = phases(of: expert, memory.expertParameters * Double(bytes), rank: rank)
    let transfer = Transfer(phases: duplicates + dense + experts)
    guard !transfer.phases.isEmpty else { return nil }
    guard let fabric else { return transfer }
    // With two copies of the weights, the ring includes the partner's GPUs.
    let hasPartner = counts.replicated * layout.tensor > layout.gpusPerRank
    return fabric.routed(
      transfer, rank: rank, links: links,
      peers: duplicates.map { _ in nil } + ring(dense, rank: rank, step: perDomain, hasPartner)
        + ring(experts, rank: rank, step: max(perDomain, layout.expert), hasPartner))
  }

  /// The next GPU of a ring for each phase over the network; nil for phases inside domains.
  ///
  /// - Parameter step: GPUs of a rank between ring neighbours, which hold the same parameters.
  private func ring(
    _ phases: [TransferPhase], rank: Int, step: Int, _ hasPartner: Bool
  ) -> [FabricFlows.Peers?] {
    let count = spec.layout.gpusPerRank
    let partner = spec.layout.pipeline - 1 - rank
    let ranks = hasPartner && partner != rank ? [rank, partner] : [rank]
    return phases.map { phase in
      guard crossesNetwork(phase) else { return nil }
      return .mutual { gpu in
        let members = ranks.flatMap { rank in
          stride(from: gpu % count % step, to: count, by: step).map { rank * count + $0 }
        }
        let place = members.firstIndex(of: gpu) ?? 0
        return [members[(place + 1) % members.count]]
      }
    }
  }

  /// An all-reduce in the tensor group, whose GPUs only have the gradients of their own tokens.
  private func duplicateSum(_ bytes: Double, rank: Int) -> [TransferPhase] {
    guard spec.layout.sharding.tokenShards > 1 else { return [] }
    let sum = LayerCollective(operation: .allReduce, bytes: bytes)
    return groupExchange(GroupExchange(sum, tensor: spec.layout.tensor), rank: rank).phases
  }

  private func phases(of group: ReplicaGroup, _ bytes: Double, rank: Int) -> [TransferPhase] {
    let moved = group.movedBytes(bytes)
    return [(moved.nvlink, Reach.insideDomain), (moved.network, .betweenDomains)]
      .filter { $0.0 > 0 }.map { phase($0.0, $0.1, from: rank) }
  }

  /// One flow from a GPU of a rank to a GPU of another, or back into its own ports.
  private func phase(
    _ bytes: Double, _ reach: Reach, from rank: Int, to target: Int? = nil,
    latency: SimDuration? = nil
  ) -> TransferPhase {
    let (out, into) = reach.ports
    let path = [links.link(out, rank: rank), links.link(into, rank: target ?? rank)]
    return TransferPhase(
      flows: [TransferFlow(path: path, bytes: bytes)],
      latency: latency ?? reach.latency(on: node))
  }

  private func crossesNetwork(_ phase: TransferPhase) -> Bool {
    phase.flows.contains { $0.path.contains { links.port($0)?.port == .nicOut } }
  }
}
