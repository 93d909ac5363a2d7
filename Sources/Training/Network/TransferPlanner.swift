// What a step sends, as flows on the links of its ranks.
//
// Exchanges with the experts run in their kernels' pipelined legs (ExchangeFlows). Pipeline
// transfers are copies between two GPUs. Gradients and parameters go over NVLink inside nodes and
// then over the network, or the other way round, in two phases for each kind of parameters. What
// crosses the network takes the routes of the cluster's fabric (FabricFlows), where it has one.

import Cluster
import Execution
import ModelCost
import Units

/// Plans the transfers of a step.
struct TransferPlanner {
  let links: GPULinks
  /// The GPUs of each rank that are simulated.
  let representatives: Representatives
  private let spec: TrainingSpec
  private let node: NodeSpec
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
    let nvlink = node.gpu.achievedNVLink
    links = GPULinks(
      rankCount: spec.layout.pipeline,
      portCapacities: [node.nicPerDirection, node.nicPerDirection, nvlink, nvlink]
        + (dispatch?.rates ?? none) + (combine?.rates ?? none),
      faults: GPULinks.Fault.all(of: cluster, ranks: spec.layout.pipeline, representatives),
      switches: fabric?.switches ?? [])
  }

  /// An exchange of a rank's GPUs with each other: what of it each sends is for
  /// `ExpertVariants.shares` to say.
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
      preconditionFailure("without spread experts there is nothing to exchange")
    }
    return flows
  }

  /// An exchange of an expert group on the routes of the fabric.
  private func routed(_ transfer: Transfer, rank: Int) -> Transfer {
    guard let fabric, spec.layout.expert > node.gpusPerNode else { return transfer }
    // To the GPU with the sender's place in each other node of the expert group.
    let perNode = node.gpusPerNode
    let group = spec.layout.expert
    let count = spec.layout.gpusPerRank
    return fabric.routed(
      transfer, rank: rank, links: links,
      peers: [
        .mutual { gpu in
          let start = gpu - gpu % count % group
          return stride(from: start + (gpu - start) % perNode, to: start + group, by: perNode)
            .filter { $0 != gpu }
        }
      ])
  }

  /// What a GPU of a rank and its neighbours in a tensor or context group send each other.
  func groupExchange(_ exchange: GroupExchange, rank: Int) -> Transfer {
    let ports: [GPULinks.Port] =
      exchange.isInsideNode ? [.nvlinkOut, .nvlinkIn] : [.nicOut, .nicIn]
    let transfer = Transfer(phases: [
      TransferPhase(
        flows: [flow(ports, rank: rank, bytes: exchange.bytes)],
        latency: exchange.latency(on: node))
    ])
    guard let fabric, !exchange.isInsideNode else { return transfer }
    // The ring of a context group: to the same place in the next tensor group.
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
    let isInside = hop.isInsideNode(from: rank, to: target)
    let (out, into): (GPULinks.Port, GPULinks.Port) =
      isInside ? (.nvlinkOut, .nvlinkIn) : (.nicOut, .nicIn)
    let flow = TransferFlow(
      path: [links.link(out, rank: rank), links.link(into, rank: target)], bytes: hop.bytes)
    let latency = isInside ? node.nvlinkLatency : node.networkLatency
    let transfer = Transfer(phases: [TransferPhase(flows: [flow], latency: latency.duration)])
    guard let fabric, !isInside else { return transfer }
    return fabric.routed(transfer, rank: rank, links: links, peers: [.rank(target)])
  }

  /// Reduce-scatter or all-gather of a rank's parameters with the replicas of each kind; nil where
  /// there are none.
  ///
  /// - Parameters:
  ///   - bytes: bytes of one parameter.
  ///   - sumsDuplicates: whether the GPUs of a tensor group first add up what each has of the
  ///     gradients of parameters that all of them hold.
  func replicaExchange(
    rank: Int, memory: RankMemory, counts: ReplicaCounts, bytes: Int, sumsDuplicates: Bool
  ) -> Transfer? {
    let layout = spec.layout
    let perNode = min(node.gpusPerNode, layout.gpusPerRank)
    // Every so many GPUs one holds the same part of a tensor.
    let partsPerNode = max(1, perNode / layout.tensor)
    let replicated = ReplicaGroup(
      gpusPerNode: partsPerNode, nodeCount: max(1, counts.replicated / partsPerNode))
    // Neighbouring GPUs hold different experts, so replicas of one share a node only if few do.
    let expertsPerNode = max(1, perNode / layout.expert)
    let expert = ReplicaGroup(
      gpusPerNode: expertsPerNode, nodeCount: max(1, counts.expert / expertsPerNode))
    let duplicates =
      sumsDuplicates ? duplicateSum(memory.duplicatedParameters * Double(bytes), rank: rank) : []
    let dense = phases(of: replicated, memory.replicatedParameters * Double(bytes), rank: rank)
    let experts = phases(of: expert, memory.expertParameters * Double(bytes), rank: rank)
    let transfer = Transfer(phases: duplicates + dense + experts)
    guard !transfer.phases.isEmpty else { return nil }
    guard let fabric else { return transfer }
    // With two copies of the weights the ring goes through the partner's GPUs too.
    let hasPartner = counts.replicated * layout.tensor > layout.gpusPerRank
    return fabric.routed(
      transfer, rank: rank, links: links,
      peers: duplicates.map { _ in nil } + ring(dense, rank: rank, step: perNode, hasPartner)
        + ring(experts, rank: rank, step: max(perNode, layout.expert), hasPartner))
  }

  /// The next GPU of a ring for each phase over the network; nil for phases inside nodes.
  ///
  /// - Parameter step: GPUs of a rank between neighbours, which hold the same parameters.
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

  /// An all-reduce in the tensor group, whose GPUs have the gradients of their own tokens only.
  private func duplicateSum(_ bytes: Double, rank: Int) -> [TransferPhase] {
    guard spec.layout.sharding.tokenShards > 1 else { return [] }
    let sum = LayerCollective(operation: .allReduce, bytes: bytes)
    return groupExchange(GroupExchange(sum, tensor: spec.layout.tensor), rank: rank).phases
  }

  private func phases(of group: ReplicaGroup, _ bytes: Double, rank: Int) -> [TransferPhase] {
    let moved = group.movedBytes(bytes)
    var phases: [TransferPhase] = []
    if moved.nvlink > 0 {
      phases.append(
        TransferPhase(
          flows: [flow([.nvlinkOut, .nvlinkIn], rank: rank, bytes: moved.nvlink)],
          latency: node.nvlinkLatency.duration))
    }
    if moved.network > 0 {
      phases.append(
        TransferPhase(
          flows: [flow([.nicOut, .nicIn], rank: rank, bytes: moved.network)],
          latency: node.networkLatency.duration))
    }
    return phases
  }

  private func flow(_ ports: [GPULinks.Port], rank: Int, bytes: Double) -> TransferFlow {
    TransferFlow(path: ports.map { links.link($0, rank: rank) }, bytes: bytes)
  }

  private func crossesNetwork(_ phase: TransferPhase) -> Bool {
    phase.flows.contains { $0.path.contains { links.port($0)?.port == .nicOut } }
  }
}
