// What a step sends, as flows on the links of its ranks.
//
// Exchanges with the experts run in their kernels' pipelined legs (ExchangeFlows). Pipeline
// transfers are copies between two GPUs. Gradients and parameters go over NVLink inside nodes and
// then over the network, or the other way round, in two phases for each kind of parameters.

import Cluster
import Execution
import ModelCost
import Units

/// Plans the transfers of a step.
struct TransferPlanner {
  let links: GPULinks
  private let spec: TrainingSpec
  private let node: NodeSpec
  private let hop: StageLink
  private let dispatch: ExchangeFlows?
  private let combine: ExchangeFlows?

  init(spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts) {
    self.spec = spec
    let node = cluster.node
    self.node = node
    hop = StageLink(spec: spec, model: model, cluster: cluster)
    func flows(_ exchange: ExpertExchange?) -> ExchangeFlows? {
      exchange.map { ExchangeFlows($0, node: node, sms: spec.communicationSMs) }
    }
    dispatch = flows(costs.exchanges?.dispatch)
    combine = flows(costs.exchanges?.combine)
    let none = [BytesPerSecond](repeating: BytesPerSecond(0), count: 3)
    let nvlink = BytesPerSecond(node.gpu.nvlinkPerDirection.value * ReplicaGroup.nvlinkShare)
    links = GPULinks(
      rankCount: spec.layout.pipeline,
      portCapacities: [node.nicPerDirection, node.nicPerDirection, nvlink, nvlink]
        + (dispatch?.rates ?? none) + (combine?.rates ?? none),
      faults: cluster.faults.compactMap {
        GPULinks.Fault($0, ranks: spec.layout.pipeline, replicas: spec.layout.gpusPerRank)
      })
  }

  /// An exchange of a rank's GPUs with each other.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func exchange(_ direction: ExpertExchange.Direction, rank: Int) -> Transfer {
    guard let flows = direction == .dispatch ? dispatch : combine else {
      preconditionFailure("without spread experts there is nothing to exchange")
    }
    return flows.transfer(links, rank: rank)
  }

  /// What a GPU of a rank and its neighbours in a tensor or context group send each other.
  func groupExchange(_ exchange: GroupExchange, rank: Int) -> Transfer {
    let ports: [GPULinks.Port] =
      exchange.isInsideNode ? [.nvlinkOut, .nvlinkIn] : [.nicOut, .nicIn]
    return Transfer(phases: [
      TransferPhase(
        flows: [flow(ports, rank: rank, bytes: exchange.bytes)],
        latency: exchange.latency(on: node))
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
    return Transfer(phases: [TransferPhase(flows: [flow], latency: latency.duration)])
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
    let phases =
      (sumsDuplicates ? duplicateSum(memory.duplicatedParameters * Double(bytes), rank: rank) : [])
      + phases(of: replicated, memory.replicatedParameters * Double(bytes), rank: rank)
      + phases(of: expert, memory.expertParameters * Double(bytes), rank: rank)
    return phases.isEmpty ? nil : Transfer(phases: phases)
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
}
