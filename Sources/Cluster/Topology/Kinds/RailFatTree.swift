// Networks of rails: the NICs of port i of every node are on rail i, whose leaf switches serve 32
// of them each. Traffic to another rail is first forwarded inside the node. Rails may share their
// spines, or be planes that meet only inside the nodes: the routes are the same, the switch counts
// are not. Sources: fact hw.net.planes (arXiv 2505.09343, section 5.1) for planes; NVIDIA's DGX
// SuperPOD reference architectures, in words, for shared spines.

import Recording
import Units

/// A two-layer fat tree whose leaf switches belong to one rail each.
package struct RailFatTree: Topology {
  /// Which leaf switches a spine switch joins.
  package enum Spines: Hashable, Sendable {
    /// Leaves of one rail: as many planes as a node has GPUs, as DeepSeek builds them.
    case perRail
    /// Leaves of all rails.
    case shared
  }

  package let links: [NetworkLink]
  package let counts: TopologyCounts
  package let joinsRails = false
  private let cluster: ClusterSpec
  private let leaves: SwitchLayer

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, spines: Spines, oversubscription: Double = 1) {
    let rails = cluster.node.nicPorts
    let rail = FatTreePlan(
      endpoints: cluster.nodeCount * cluster.node.nicsPerPort, oversubscription: oversubscription)
    self.cluster = cluster
    leaves = SwitchLayer(
      cluster, count: rail.leaves * rails, cables: rail.uplinksPerLeaf,
      of: cluster.node.nicPerDirection, name: "leaf", up: .leafUp, down: .leafDown)
    links = leaves.links
    switch spines {
    case .perRail: counts = rail.twoLayers * rails
    case .shared:
      let whole = FatTreePlan(endpoints: cluster.nicCount, oversubscription: oversubscription)
      counts = whole.twoLayers(leaves: rail.leaves * rails)
    }
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration {
    precondition(source.rail == target.rail, "rails \(source.rail) and \(target.rail) do not meet")
    let (here, there) = (leaf(of: source), leaf(of: target))
    if here == there { return cluster.node.sameLeafLatency }
    // Cable c leads to spine c, in both directions.
    let spine = cluster.cable(of: leaves.cables, from: source, to: target)
    path += [leaves.up(here, spine), leaves.down(there, spine)]
    return cluster.node.networkLatency.duration
  }

  package func sharers(of kind: LinkClass) -> Int {
    kind == .leafUp || kind == .leafDown
      ? min(FatTreePlan.endpointsPerLeaf, cluster.nodeCount * cluster.node.nicsPerPort) : 1
  }

  private func leaf(of port: NICPort) -> Int {
    let node = cluster.node
    return port.node * node.nicsPerPort / FatTreePlan.endpointsPerLeaf * node.nicPorts + port.rail
  }
}
