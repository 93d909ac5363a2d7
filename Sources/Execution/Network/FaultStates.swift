// What faults leave of each GPU's ports and of the switch links it uses. GPUs with equal states are
// interchangeable.

import Cluster
import Recording

/// The states of the GPUs of a program's ranks.
package struct FaultStates {
  private let cluster: ClusterSpec
  private let wiring: Wiring?
  /// For each scale-up domain, what nodes without a working NIC leave to the others.
  private let stranded: [Stranded]

  /// GPUs of a domain whose traffic goes through other nodes, and those that carry it.
  private struct Stranded {
    var count = 0
    var carriers = 0
  }

  /// - Precondition: the cluster can be wired.
  package init(_ cluster: ClusterSpec) {
    self.cluster = cluster
    let isFaulty =
      cluster.faults.contains { $0.remaining < 1 } || !cluster.switchFaults.isEmpty
    let wiring = isFaulty ? try? Wiring(cluster) : nil
    self.wiring = wiring
    var stranded = [Stranded](repeating: Stranded(), count: cluster.domainCount)
    let perNode = cluster.node.gpusPerNode
    for first in stride(from: 0, to: wiring == nil ? 0 : cluster.gpuCount, by: perNode) {
      let living = (first..<first + perNode).count { wiring?.isDead($0) == false }
      let domain = cluster.domain(of: first)
      stranded[domain].carriers += living
      if living == 0 { stranded[domain].count += perNode }
    }
    self.stranded = stranded
  }

  /// One state for each GPU index within a rank, combined over all ranks: equal for GPUs with the
  /// same faults.
  ///
  /// - Parameters:
  ///   - ranks: number of ranks, whose GPUs are numbered consecutively.
  ///   - gpusPerRank: GPUs per rank.
  package func states(ranks: Int, gpusPerRank: Int) -> [String] {
    guard let wiring else { return Array(repeating: "", count: gpusPerRank) }
    return (0..<gpusPerRank).map { place in
      (0..<ranks).map { rank in
        let state = state(of: rank * gpusPerRank + place, wiring)
        return state.isEmpty ? "" : "\(rank): \(state) "
      }.joined()
    }
  }

  /// Whether a GPU has degraded ports or carries the traffic of a dead NIC.
  package func isSlow(_ gpu: Int) -> Bool {
    guard let wiring else { return false }
    return wiring.remaining(of: wiring.scaleUpOut(gpu)) < 1
      || wiring.remaining(of: wiring.nicOut(gpu)) < 1 || deadNeighbours(of: gpu, wiring) > 0
      || stranded[cluster.domain(of: gpu)].count > 0
  }

  /// Other GPUs of a GPU's node with a dead NIC, whose traffic it carries unless its own is dead.
  private func deadNeighbours(of gpu: Int, _ wiring: Wiring) -> Int {
    let perNode = cluster.node.gpusPerNode
    let first = gpu / perNode * perNode
    return (first..<first + perNode).count { $0 != gpu && wiring.isDead($0) }
  }

  /// Empty if nothing is degraded.
  private func state(of gpu: Int, _ wiring: Wiring) -> String {
    let nic = wiring.remaining(of: wiring.nicOut(gpu))
    let scaleUp = wiring.remaining(of: wiring.scaleUpOut(gpu))
    var parts = (nic, scaleUp) == (1, 1) ? [] : ["ports \(nic) \(scaleUp)"]
    guard !Wiring.isOnlyPorts(cluster) else { return parts.joined() }
    let carried = deadNeighbours(of: gpu, wiring)
    if carried > 0 { parts.append("carries \(carried)") }
    let stranded = stranded[cluster.domain(of: gpu)]
    if stranded.count > 0 {
      parts.append("\(stranded.count) of a domain over \(stranded.carriers)")
    }
    if !wiring.topology.joinsRails, !cluster.faults.isEmpty {
      // GPUs of a node send over each other's NICs, and all nodes avoid the rail of a dead one.
      let perNode = cluster.node.gpusPerNode
      parts.append("rail \(gpu % perNode) beside \(faultyPorts(inNodeOf: gpu))")
    }
    for kind in LinkClass.allCases where !kind.isPort {
      let share = wiring.remaining(of: kind, at: gpu)
      if share < 1 { parts.append("\(kind.rawValue) \(share)") }
    }
    return parts.joined(separator: ", ")
  }

  /// Degraded ports in the node of a GPU.
  private func faultyPorts(inNodeOf gpu: Int) -> Int {
    let node = gpu / cluster.node.gpusPerNode
    return cluster.faults.count {
      $0.remaining < 1 && $0.index / $0.port.count(in: cluster.node) == node
    }
  }
}
