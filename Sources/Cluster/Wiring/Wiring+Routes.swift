// Routes between GPUs. Traffic of a GPU with a dead NIC is spread evenly over the scale-up fabric
// to the other GPUs of its node and leaves through their NICs, as NCCL's PXN forwards it; inbound
// traffic takes the mirror route. If rails do not meet outside the nodes, both NICs of a route are
// on one rail, and traffic to another rail is first forwarded inside the sender's node.

import Recording
import Units

/// One of the routes that share the traffic of a pair of GPUs evenly.
package struct Route: Hashable, Sendable {
  /// Ports on the sender's side.
  package var outbound: [LinkID]
  /// Links between switches.
  package var between: [LinkID] = []
  /// Ports on the receiver's side.
  package var inbound: [LinkID]
  /// The GPU whose port leads into the network: the source itself, or another that forwards for it.
  package var sender: Int
  /// The GPU whose port leads out of the network: the target itself, or another.
  package var receiver: Int
  /// Latency of a small message from GPU to GPU.
  package var latency: SimDuration

  /// All links in order.
  package var links: [LinkID] { outbound + between + inbound }
}

extension Wiring {
  /// Whether nothing but healthy ports of GPUs limits the traffic of a cluster: every route between
  /// domains leaves through the NIC of its source and enters through that of its target.
  package static func isOnlyPorts(_ cluster: ClusterSpec) -> Bool {
    cluster.domainCount == 1
      || cluster.fabric == .nonBlocking
        && !cluster.faults.contains { $0.port == .nic && $0.isDead }
  }

  /// Whether GPUs share links: those between switches, NICs, or the NICs of others for a dead one.
  package static func isShared(_ cluster: ClusterSpec) -> Bool {
    !isOnlyPorts(cluster) || cluster.node.nicPorts < cluster.node.gpusPerNode
  }

  /// The routes that share the traffic between two different GPUs evenly.
  ///
  /// - Complexity: O(NICs of a node) if a NIC is dead, else O(path length).
  package func routes(from source: Int, to target: Int) -> [Route] {
    precondition(source != target, "GPU \(source) needs no network to itself")
    precondition(
      (0..<cluster.gpuCount).contains(source) && (0..<cluster.gpuCount).contains(target),
      "GPUs \(source) and \(target) of \(cluster.gpuCount)")
    if cluster.domain(of: source) == cluster.domain(of: target) {
      return [
        Route(
          outbound: [scaleUpOut(source)], inbound: [scaleUpIn(target)], sender: source,
          receiver: target, latency: cluster.node.nvlinkLatency.duration)
      ]
    }
    return pairs(from: source, to: target).map { sender, receiver in
      route(from: source, over: sender, receiver, to: target)
    }
  }

  /// The links of the only route between two GPUs, and its latency.
  ///
  /// - Precondition: no dead NIC divides the traffic between them.
  package func path(from source: Int, to target: Int) -> (links: [LinkID], latency: SimDuration) {
    let routes = routes(from: source, to: target)
    precondition(routes.count == 1, "\(routes.count) routes from \(source) to \(target)")
    return (routes[0].links, routes[0].latency)
  }

  private func route(
    from source: Int, over sender: Int, _ receiver: Int, to target: Int
  ) -> Route {
    var indices: [Int] = []
    var latency = topology.route(from: nic(of: sender), to: nic(of: receiver), into: &indices)
    var outbound = [nicOut(sender)]
    var inbound = [nicIn(receiver)]
    let hop = cluster.node.nvlinkLatency.duration
    if sender != source {
      outbound = [scaleUpOut(source), scaleUpIn(sender)] + outbound
      latency += hop
    }
    if receiver != target {
      inbound += [scaleUpOut(receiver), scaleUpIn(target)]
      latency += hop
    }
    return Route(
      outbound: outbound, between: indices.map(switchLink), inbound: inbound, sender: sender,
      receiver: receiver, latency: latency)
  }

  private func nic(of gpu: Int) -> NICPort {
    NICPort(node: gpu / cluster.node.gpusPerNode, rail: cluster.node.nicPort(of: gpu))
  }

  /// The GPUs whose NICs carry each route.
  private func pairs(from source: Int, to target: Int) -> [(sender: Int, receiver: Int)] {
    guard topology.joinsRails else { return pairsOnRails(from: source, to: target) }
    let senders = isDead(source) ? livingNeighbours(of: source) : [source]
    let receivers = isDead(target) ? livingNeighbours(of: target) : [target]
    // One route per NIC of the end that has more of them; NICs of the other end take turns.
    return (0..<max(senders.count, receivers.count)).map {
      (senders[$0 % senders.count], receivers[$0 % receivers.count])
    }
  }

  private func pairsOnRails(from source: Int, to target: Int) -> [(sender: Int, receiver: Int)] {
    // The target's rail unless a NIC of that route is dead.
    let rail = cluster.node.nicPort(of: target)
    let sender = neighbour(of: source, onRail: rail)
    if !isDead(sender) && !isDead(target) && !isDead(source) { return [(sender, target)] }
    return wholeRails.map {
      (neighbour(of: source, onRail: $0), neighbour(of: target, onRail: $0))
    }
  }

  /// The GPU of a GPU's node that is on a rail and has the same place among the GPUs of its NIC.
  private func neighbour(of gpu: Int, onRail rail: Int) -> Int {
    let perNode = cluster.node.gpusPerNode
    let perPort = perNode / cluster.node.nicPorts
    return gpu / perNode * perNode + rail * perPort + gpu % perPort
  }
}

extension Wiring {
  /// The least that faults leave of the links of a class between switches that a GPU's traffic
  /// crosses, as a fraction.
  package func remaining(of kind: LinkClass, at gpu: Int) -> Double {
    guard !cluster.switchFaults.isEmpty else { return 1 }
    let perNode = cluster.node.gpusPerNode
    let nodes = cluster.nodeCount
    // The nodes farthest away by number are under other switches, if there are any.
    let others = [0, nodes / 2, nodes - 1].map { $0 * perNode + gpu % perNode }
    var least = 1.0
    for other in others where cluster.domain(of: other) != cluster.domain(of: gpu) {
      for (route, isUp) in routes(from: gpu, to: other).map({ ($0, true) })
        + routes(from: other, to: gpu).map({ ($0, false) })
      {
        for link in route.between where self[link].kind == kind && kind.leadsUp == isUp {
          least = min(least, remaining(of: link))
        }
      }
    }
    return least
  }
}

extension LinkClass {
  /// Whether it leads away from the sender, rather than down to the receiver.
  package var leadsUp: Bool {
    switch self {
    case .scaleUpOut, .nicOut, .leafUp, .podUp, .listed: true
    case .scaleUpIn, .nicIn, .leafDown, .podDown: false
    }
  }
}
