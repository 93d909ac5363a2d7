// The network between nodes as a simulation uses it: for each pair of GPUs, the NICs that carry
// their traffic and the links between these NICs.
//
// Traffic of a GPU with a dead NIC is spread evenly over NVLink to the other GPUs of its node and
// leaves through their NICs, as NCCL's PXN forwards it; inbound traffic takes the mirror route. If
// rails do not meet outside the nodes, both NICs of a route are on one rail.

import Text
import Units

/// Why a cluster's network cannot carry its traffic.
package enum FabricProblem: ExplainedError, Hashable {
  /// Every NIC of a node is dead.
  case noNIC(node: Int)
  /// Rails meet only inside nodes, and each rail has a dead NIC.
  case noRail(topology: String)

  package var explanations: [Explanation] {
    switch self {
    case .noNIC(let node):
      [
        Explanation(
          "all NICs of node \(node) are dead: its GPUs reach no other node",
          advice: ["expected: a NIC with more than 0% in each node"])
      ]
    case .noRail(let topology):
      [
        Explanation(
          "each rail has a dead NIC, and rails of \(quoted(topology)) meet only inside nodes",
          advice: ["expected: one rail without a dead NIC"])
      ]
    }
  }
}

/// The switch links of a cluster, and the routes between its GPUs.
package struct Fabric: Sendable {
  /// One of the routes that share the traffic of a pair of GPUs evenly.
  package struct Way: Hashable, Sendable {
    /// The GPU whose NIC sends: the source itself, or another GPU of its node.
    package var sender: Int
    /// The GPU whose NIC receives.
    package var receiver: Int
    /// Links between the two NICs, numbers of `switchLinks`.
    package var links: [Int32]
    /// Latency of a small message from GPU to GPU.
    package var latency: SimDuration
  }

  /// Links between switches, that is, all links other than ports of GPUs.
  package let switchLinks: [NetworkLink]
  private let topology: any Topology
  private let ports: NodePorts
  private let isDead: [Bool]
  /// Rails without a dead NIC, for networks whose rails do not meet.
  private let wholeRails: [Int]

  /// The network of a cluster.
  ///
  /// - Throws: `ListedTopologyProblem` or `FabricProblem`.
  package init(_ cluster: ClusterSpec) throws {
    topology = try cluster.fabric.topology(of: cluster)
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    self.ports = ports
    var links = Array(topology.links.dropFirst(ports.count))
    for fault in cluster.switchFaults {
      links[fault.link].capacity = links[fault.link].capacity * fault.remaining
    }
    switchLinks = links
    var isDead = [Bool](repeating: false, count: cluster.gpuCount)
    for fault in cluster.faults where fault.isDead { isDead[fault.gpu] = true }
    self.isDead = isDead
    let perNode = cluster.node.gpusPerNode
    for node in 0..<cluster.nodeCount
    where isDead[node * perNode..<(node + 1) * perNode].allSatisfy({ $0 }) {
      throw FabricProblem.noNIC(node: node)
    }
    wholeRails = (0..<perNode).filter { rail in
      !(0..<cluster.nodeCount).contains { isDead[$0 * perNode + rail] }
    }
    if !topology.joinsRails && wholeRails.isEmpty {
      throw FabricProblem.noRail(topology: cluster.fabric.name)
    }
  }

  /// Whether anything besides healthy GPU ports limits the traffic of a cluster.
  package static func isNeeded(for cluster: ClusterSpec) -> Bool {
    cluster.nodeCount > 1
      && (cluster.fabric != .nonBlocking || cluster.faults.contains(where: \.isDead))
  }

  /// NICs behind the most shared link of a class.
  package func sharers(of kind: LinkClass) -> Int { topology.sharers(of: kind) }

  /// Whether NICs of different rails reach each other outside the nodes.
  package var joinsRails: Bool { topology.joinsRails }

  /// Whether the NIC of a GPU is dead.
  package func isDead(_ gpu: Int) -> Bool { isDead[gpu] }

  /// The GPUs of a node with working NICs, in order.
  package func livingNeighbours(of gpu: Int) -> [Int] {
    let first = gpu - ports.rail(of: gpu)
    return (first..<first + ports.cluster.node.gpusPerNode).filter { !isDead[$0] }
  }

  /// The routes that share the traffic between GPUs of two nodes evenly.
  ///
  /// - Precondition: the GPUs lie in different nodes.
  package func ways(from source: Int, to target: Int) -> [Way] {
    pairs(from: source, to: target).map { sender, receiver in
      var path: [Int32] = []
      var latency = topology.route(from: sender, to: receiver, into: &path)
      let first = Int32(ports.count)
      let hop = ports.cluster.node.nvlinkLatency.duration
      if sender != source { latency += hop }
      if receiver != target { latency += hop }
      return Way(
        sender: sender, receiver: receiver, links: path.filter { $0 >= first }.map { $0 - first },
        latency: latency)
    }
  }

  /// The NICs of each route.
  private func pairs(from source: Int, to target: Int) -> [(sender: Int, receiver: Int)] {
    guard topology.joinsRails else { return pairsOnRails(from: source, to: target) }
    let senders = isDead[source] ? livingNeighbours(of: source) : [source]
    let receivers = isDead[target] ? livingNeighbours(of: target) : [target]
    // One route per NIC of the end that has more of them; NICs of the other end take turns.
    return (0..<max(senders.count, receivers.count)).map {
      (senders[$0 % senders.count], receivers[$0 % receivers.count])
    }
  }

  private func pairsOnRails(from source: Int, to target: Int) -> [(sender: Int, receiver: Int)] {
    let from = source - ports.rail(of: source)
    let to = target - ports.rail(of: target)
    // The target's rail, as in the topology's own route, unless a NIC of that route is dead.
    let rail = ports.rail(of: target)
    if !isDead[from + rail] && !isDead[target] && !isDead[source] { return [(from + rail, target)] }
    return wholeRails.map { (from + $0, to + $0) }
  }
}

extension LinkFault {
  /// Whether no bandwidth remains.
  package var isDead: Bool { remaining == 0 }
}
