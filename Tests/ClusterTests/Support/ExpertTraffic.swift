// Expert traffic as flows: the token copies between ranks, nodes and GPUs in both kernel modes, and
// their flows over the links of a topology. Flows of both legs run concurrently, as chunks do. A
// kernel that achieves a share of a link's bandwidth occupies the link for the inverse of that
// share.

import Units

@testable import Cluster

/// Token copies between the GPUs that share the experts of a layer.
///
/// Ranks are the GPUs of a topology in order, starting at GPU 0.
struct ExpertTraffic: Hashable, Sendable {
  /// The number of GPUs that share the experts.
  var rankCount: Int
  /// The number of ranks in a node.
  var gpusPerNode: Int
  /// Copies from rank r to node n at `r * nodeCount + n`, including the rank's own node.
  var nodeCopies: [Double]
  /// Copies that rank f forwards to the GPU with index g of its node, at `f * gpusPerNode + g`.
  var forwardedCopies: [Double]

  /// The number of nodes.
  var nodeCount: Int { rankCount / gpusPerNode }

  /// Equal traffic between all ranks, as described by `ExpertExchange`.
  ///
  /// - Precondition: `gpusPerNode` divides `rankCount`.
  init(
    balanced tokens: Int, nodesPerToken: Double, gpusPerToken: Double, rankCount: Int,
    gpusPerNode: Int
  ) {
    precondition(rankCount % gpusPerNode == 0, "whole nodes")
    self.rankCount = rankCount
    self.gpusPerNode = gpusPerNode
    let nodes = rankCount / gpusPerNode
    nodeCopies = Array(
      repeating: Double(tokens) * nodesPerToken / Double(nodes), count: rankCount * nodes)
    forwardedCopies = Array(
      repeating: Double(tokens) * gpusPerToken / Double(gpusPerNode),
      count: rankCount * gpusPerNode)
  }

  /// The traffic of tokens whose experts are on known ranks.
  ///
  /// - Parameter targets: for each token of each rank, the ranks that hold its experts; a rank may
  ///   be listed more than once.
  /// - Precondition: `gpusPerNode` divides the number of ranks.
  init(targets: [[[Int]]], gpusPerNode: Int) {
    precondition(targets.count % gpusPerNode == 0, "whole nodes")
    rankCount = targets.count
    self.gpusPerNode = gpusPerNode
    let nodes = rankCount / gpusPerNode
    nodeCopies = Array(repeating: 0, count: rankCount * nodes)
    forwardedCopies = Array(repeating: 0, count: rankCount * gpusPerNode)
    // The last token sent to each node or rank, so that each is counted once per token.
    var lastToNode = [Int](repeating: -1, count: nodes)
    var lastToRank = [Int](repeating: -1, count: rankCount)
    var token = 0
    for (rank, tokens) in targets.enumerated() {
      for ranks in tokens {
        for target in ranks {
          let node = target / gpusPerNode
          if lastToNode[node] != token {
            lastToNode[node] = token
            nodeCopies[rank * nodes + node] += 1
          }
          if lastToRank[target] != token {
            lastToRank[target] = token
            let forwarder = node * gpusPerNode + rank % gpusPerNode
            forwardedCopies[forwarder * gpusPerNode + target % gpusPerNode] += 1
          }
        }
        token += 1
      }
    }
  }

  /// The flows of a normal dispatch or combine.
  ///
  /// - Parameter kernels: the number of the first link of `kernelLinks`.
  /// - Precondition: the topology has at least as many GPUs as there are ranks.
  func normalFlows(
    _ direction: ExpertExchange.Direction, bytesPerToken: Int, on topology: Wiring,
    kernels: Int, release: DeepEPRelease = .february2025
  ) -> [FlowRequest] {
    let rates = NormalKernelRates(direction, isInsideDomain: nodeCount == 1, release: release)
    let bytes = Double(bytesPerToken)
    var flows: [FlowRequest] = []
    var forwarded = [Double](repeating: 0, count: rankCount)
    for rank in 0..<rankCount {
      for node in 0..<nodeCount {
        let copies = nodeCopies[rank * nodeCount + node]
        let forwarder = node * gpusPerNode + rank % gpusPerNode
        forwarded[forwarder] += copies
        guard copies > 0, node != rank / gpusPerNode else { continue }
        let size = copies * bytes / rates.nicShare
        flows.append(request(direction, rank, forwarder, size, topology, isForwarded: true))
      }
      for index in 0..<gpusPerNode {
        let copies = forwardedCopies[rank * gpusPerNode + index]
        let target = rank / gpusPerNode * gpusPerNode + index
        guard copies > 0, target != rank else { continue }
        let size = copies * bytes / rates.nvlinkShareOfPort
        flows.append(request(direction, rank, target, size, topology))
      }
      let first = rank * gpusPerNode
      let copied = forwardedCopies[first..<(first + gpusPerNode)].reduce(0, +)
      flows.append(FlowRequest(path: [Int32(kernels + rank)], bytes: copied * bytes))
    }
    guard nodeCount > 1, rates.forwarding.isFinite else { return flows }
    return flows
      + forwarded.enumerated().map { rank, copies in
        FlowRequest(path: [Int32(kernels + rankCount + rank)], bytes: copies * bytes)
      }
  }

  /// Capacities of links that represent the kernels of each rank: copying by multiprocessors and,
  /// if it is limited, forwarding. They are to be appended to the links of the topology.
  func kernelLinks(
    _ direction: ExpertExchange.Direction, sms: Int, release: DeepEPRelease = .february2025
  ) -> [BytesPerSecond] {
    let rates = NormalKernelRates(direction, isInsideDomain: nodeCount == 1, release: release)
    let copying = BytesPerSecond(Double(sms) * rates.copyPerSM)
    let forwarding = rates.forwarding.isFinite ? [BytesPerSecond(rates.forwarding)] : []
    return Array(repeating: copying, count: rankCount)
      + forwarding.flatMap { Array(repeating: $0, count: rankCount) }
  }

  /// The flow between two ranks. Forwarded copies still have to take the route inside the node.
  private func request(
    _ direction: ExpertExchange.Direction, _ rank: Int, _ other: Int, _ bytes: Double,
    _ topology: Wiring, isForwarded: Bool = false
  ) -> FlowRequest {
    let isDispatch = direction == .dispatch
    var (path, latency) = topology.route(
      from: isDispatch ? rank : other, to: isDispatch ? other : rank)
    if isForwarded && gpusPerNode > 1 {
      latency += topology.route(from: other, to: neighbour(of: other)).latency
    }
    return FlowRequest(path: path, bytes: bytes, latency: latency)
  }

  private func neighbour(of rank: Int) -> Int {
    rank / gpusPerNode * gpusPerNode + (rank + 1) % gpusPerNode
  }
}

extension NormalKernelRates {
  /// The achieved bandwidth of an NVLink port relative to its bandwidth in topologies.
  var nvlinkShareOfPort: Double { nvlinkShare / ReplicaGroup.nvlinkShare }
}
