// The network between nodes as a simulation uses it: between two GPUs the NICs that carry their
// traffic, and the links between those NICs.
//
// Traffic of a GPU whose NIC is dead goes over NVLink to the other GPUs of its node, evenly, and
// out of their NICs, as NCCL's PXN forwards; likewise on the way in. Where rails do not meet
// outside the nodes, both ends of a route are on one rail.

import Units

/// Why a cluster's network cannot carry its traffic.
public enum FabricProblem: Error, Hashable, Sendable {
  /// Every NIC of a node is dead.
  case noNIC(node: Int)
  /// Rails meet only inside nodes, and each rail has a dead NIC.
  case noRail
}

/// Links between NICs, and who sends over which.
public struct Fabric: Sendable {
  /// One of the equal routes of a pair of GPUs.
  public struct Way: Hashable, Sendable {
    /// The GPU whose NIC sends: the source, or one of its node that it reaches over NVLink.
    public var sender: Int
    /// The GPU whose NIC receives.
    public var receiver: Int
    /// Links between the two NICs, numbers of `switchLinks`.
    public var links: [Int32]
    /// Latency of a small message from GPU to GPU.
    public var latency: SimDuration
  }

  /// Links that are no ports of a GPU.
  public let switchLinks: [NetworkLink]
  private let topology: any Topology
  private let ports: NodePorts
  private let isDead: [Bool]
  /// Rails on which no NIC is dead, where rails do not meet.
  private let wholeRails: [Int]

  /// The network of a cluster.
  ///
  /// - Throws: `ListedTopologyProblems` or `FabricProblem`.
  public init(_ cluster: ClusterSpec) throws {
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
    if !topology.joinsRails && wholeRails.isEmpty { throw FabricProblem.noRail }
  }

  /// Whether more than the ports of GPUs can limit the traffic of a cluster.
  public static func isNeeded(for cluster: ClusterSpec) -> Bool {
    cluster.nodeCount > 1
      && (cluster.fabric != .nonBlocking || cluster.faults.contains(where: \.isDead))
  }

  /// The most NICs that share one link of a class.
  public func sharers(of kind: LinkClass) -> Int { topology.sharers(of: kind) }

  /// Whether NICs of different rails reach each other outside the nodes.
  public var joinsRails: Bool { topology.joinsRails }

  /// Whether the NIC of a GPU is dead.
  public func isDead(_ gpu: Int) -> Bool { isDead[gpu] }

  /// The GPUs of a node whose NICs work, in order.
  public func livingNeighbours(of gpu: Int) -> [Int] {
    let first = gpu - ports.rail(of: gpu)
    return (first..<first + ports.cluster.node.gpusPerNode).filter { !isDead[$0] }
  }

  /// The routes that share the traffic between GPUs of two nodes evenly.
  ///
  /// - Precondition: the GPUs lie in different nodes.
  public func ways(from source: Int, to target: Int) -> [Way] {
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
    // One route for each NIC of the end that has more of them; the other end's take turns.
    return (0..<max(senders.count, receivers.count)).map {
      (senders[$0 % senders.count], receivers[$0 % receivers.count])
    }
  }

  private func pairsOnRails(from source: Int, to target: Int) -> [(sender: Int, receiver: Int)] {
    let from = source - ports.rail(of: source)
    let to = target - ports.rail(of: target)
    // The target's rail, as the topology's own route has it, unless an end of it is dead.
    let rail = ports.rail(of: target)
    if !isDead[from + rail] && !isDead[target] && !isDead[source] { return [(from + rail, target)] }
    return wholeRails.map { (from + $0, to + $0) }
  }
}

extension LinkFault {
  /// Whether nothing is left.
  public var isDead: Bool { remaining == 0 }
}
