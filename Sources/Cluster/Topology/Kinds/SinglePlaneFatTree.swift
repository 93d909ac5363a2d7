// One two-layer fat tree for all NICs: a node's are attached to the same leaf switch, so any NIC
// reaches any other without help from inside the node.
// Source: the two-layer tree of fact hw.net.topology_cost.

import Recording
import Units

/// Two layers of switches, the NICs of a node side by side on one leaf.
package struct SinglePlaneFatTree: Topology {
  package let links: [NetworkLink]
  package let counts: TopologyCounts
  private let cluster: ClusterSpec
  private let leaves: SwitchLayer

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let plan = FatTreePlan(endpoints: cluster.nicCount, oversubscription: oversubscription)
    self.cluster = cluster
    leaves = SwitchLayer(
      cluster, count: plan.leaves, cables: plan.uplinksPerLeaf,
      of: cluster.node.nicPerDirection, name: "leaf", up: .leafUp, down: .leafDown)
    links = leaves.links
    counts = plan.twoLayers
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration {
    let (here, there) = (cluster.leaf(of: source), cluster.leaf(of: target))
    if here == there { return cluster.node.sameLeafLatency }
    // Cable c leads to spine c, in both directions.
    let spine = cluster.cable(of: leaves.cables, from: source, to: target)
    path += [leaves.up(here, spine), leaves.down(there, spine)]
    return cluster.node.networkLatency.duration
  }

  package func sharers(of kind: LinkClass) -> Int {
    kind == .leafUp || kind == .leafDown
      ? min(FatTreePlan.endpointsPerLeaf, cluster.nicCount) : 1
  }
}
