// What faults leave of each GPU's ports and of the switch links it uses. GPUs with equal states are
// interchangeable.

import Cluster

/// Degraded links between switches, by the GPUs that use them.
struct SwitchStates {
  private let cluster: ClusterSpec
  private let fabric: Fabric
  /// The remaining fraction of each switch link.
  private let remaining: [Double]

  init(_ cluster: ClusterSpec, _ fabric: Fabric) {
    self.cluster = cluster
    self.fabric = fabric
    var remaining = [Double](repeating: 1, count: fabric.switchLinks.count)
    for fault in cluster.switchFaults { remaining[fault.link] *= fault.remaining }
    self.remaining = remaining
  }

  /// The remaining fraction of a link.
  func remaining(of link: NetworkLink) -> Double {
    fabric.switchLinks.firstIndex(of: link).map { remaining[$0] } ?? 1
  }

  /// The remaining fraction of the link of a class that a GPU uses; the least if it uses several.
  func remaining(of kind: LinkClass, at gpu: Int) -> Double {
    guard !cluster.switchFaults.isEmpty else { return 1 }
    let perNode = cluster.node.gpusPerNode
    let nodes = cluster.nodeCount
    // The nodes farthest away by number are under other switches, if there are any.
    let others = [0, nodes / 2, nodes - 1].map { $0 * perNode + gpu % perNode }
    var least = 1.0
    for other in others where other / perNode != gpu / perNode {
      for route in fabric.ways(from: gpu, to: other) + fabric.ways(from: other, to: gpu) {
        let isUp = route.sender / perNode == gpu / perNode
        for link in route.links where fabric.switchLinks[Int(link)].kind == kind {
          let leadsUp = kind == .leafUp || kind == .podUp
          if leadsUp == isUp { least = min(least, remaining[Int(link)]) }
        }
      }
    }
    return least
  }
}

/// The states of the GPUs of a program's ranks.
package struct FaultStates {
  private let cluster: ClusterSpec
  private let switches: SwitchStates?
  private let fabric: Fabric?

  /// - Precondition: the network joins all nodes.
  package init(_ cluster: ClusterSpec) {
    self.cluster = cluster
    fabric = Fabric.isNeeded(for: cluster) ? try? Fabric(cluster) : nil
    switches = fabric.map { SwitchStates(cluster, $0) }
  }

  /// One state for each GPU index within a rank, combined over all ranks: equal for GPUs with the
  /// same faults.
  ///
  /// - Parameters:
  ///   - ranks: number of ranks, whose GPUs are numbered consecutively.
  ///   - gpusPerRank: GPUs per rank.
  package func states(ranks: Int, gpusPerRank: Int) -> [String] {
    guard cluster.faults.contains(where: { $0.remaining < 1 }) || !cluster.switchFaults.isEmpty
    else {
      return Array(repeating: "", count: gpusPerRank)
    }
    return (0..<gpusPerRank).map { place in
      (0..<ranks).map { rank in
        let state = state(of: rank * gpusPerRank + place)
        return state.isEmpty ? "" : "\(rank): \(state) "
      }.joined()
    }
  }

  /// Whether a GPU has degraded ports or carries the traffic of a dead NIC.
  package func isSlow(_ gpu: Int) -> Bool {
    let perNode = cluster.node.gpusPerNode
    return cluster.faults.contains {
      $0.remaining < 1 && ($0.gpu == gpu || $0.isDead && $0.gpu / perNode == gpu / perNode)
    }
  }

  /// Empty if nothing is degraded.
  private func state(of gpu: Int) -> String {
    let perNode = cluster.node.gpusPerNode
    let inNode = cluster.faults.filter { $0.remaining < 1 && $0.gpu / perNode == gpu / perNode }
    var left = (nic: 1.0, nvlink: 1.0)
    for fault in inNode where fault.gpu == gpu {
      switch fault.port {
      case .nic: left.nic *= fault.remaining
      case .gpu: left.nvlink *= fault.remaining
      }
    }
    var parts = left == (1, 1) ? [] : ["ports \(left.nic) \(left.nvlink)"]
    guard let fabric, let switches else { return parts.joined() }
    let deadNeighbours = inNode.count { $0.isDead && $0.gpu != gpu }
    if deadNeighbours > 0 { parts.append("carries \(deadNeighbours)") }
    if !fabric.joinsRails, !cluster.faults.isEmpty {
      // GPUs of a node send over each other's NICs, and all nodes avoid the rail of a dead one.
      parts.append("rail \(gpu % perNode) beside \(inNode.count)")
    }
    for kind in LinkClass.allCases where kind.isBetweenSwitches {
      let share = switches.remaining(of: kind, at: gpu)
      if share < 1 { parts.append("\(kind.rawValue) \(share)") }
    }
    return parts.joined(separator: ", ")
  }
}
