// One two-layer fat tree for all NICs: a node's are attached to the same leaf switch, so any NIC
// reaches any other without help from inside the node.
// Source: the two-layer tree of fact hw.net.topology_cost.

import Units

/// Two layers of switches, the NICs of a node side by side on one leaf.
package struct SinglePlaneFatTree: Topology {
  package let links: [NetworkLink]
  package let longestPath = 4
  package let counts: TopologyCounts
  private let ports: NodePorts
  private let leaves: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let plan = FatTreePlan(endpoints: cluster.gpuCount, oversubscription: oversubscription)
    self.ports = ports
    leaves = SwitchBundles(
      firstLink: ports.count, count: plan.leaves,
      capacity: cluster.node.nicPerDirection * plan.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    links = ports.links + leaves.links
    counts = plan.twoLayers
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    let here = source / FatTreePlan.endpointsPerLeaf
    let there = target / FatTreePlan.endpointsPerLeaf
    path.append(ports.nicOut(source))
    if here != there { leaves.appendCrossing(from: here, to: there, to: &path) }
    path.append(ports.nicIn(target))
    let node = ports.cluster.node
    return here == there ? node.sameLeafLatency : node.networkLatency.duration
  }

  package func sharers(of kind: LinkClass) -> Int {
    let gpus = ports.cluster.gpuCount
    switch kind {
    case .leafUp, .leafDown: return min(FatTreePlan.endpointsPerLeaf, gpus)
    default: return 1
    }
  }
}
