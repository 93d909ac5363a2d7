// One three-layer fat tree: leaves and a middle layer make a pod of 1,024 NICs, cores join pods.
// Source: M. Al-Fares, A. Loukissas, A. Vahdat, "A scalable, commodity data center network
// architecture", SIGCOMM 2008; the FT3 row of fact hw.net.topology_cost.

import Recording
import Units

/// Three layers of switches, the NICs of a node side by side on one leaf.
package struct ThreeLayerFatTree: Topology {
  package let links: [NetworkLink]
  package let counts: TopologyCounts
  private let cluster: ClusterSpec
  private let leaves: SwitchBundles
  private let pods: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let plan = FatTreePlan(endpoints: cluster.nicPortCount, oversubscription: oversubscription)
    let nic = cluster.node.nicPortPerDirection
    self.cluster = cluster
    leaves = SwitchBundles(
      firstLink: 0, count: plan.leaves, capacity: nic * plan.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    pods = SwitchBundles(
      firstLink: leaves.linkCount,
      count: FatTreePlan.divideUp(plan.leaves, FatTreePlan.leavesPerPod),
      capacity: nic * (plan.uplinksPerLeaf * FatTreePlan.ports / 2),
      name: "pod", up: .podUp, down: .podDown)
    links = leaves.links + pods.links
    counts = plan.threeLayers
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration {
    let node = cluster.node
    let leaf = [source, target].map { cluster.number(of: $0) / FatTreePlan.endpointsPerLeaf }
    let pod = leaf.map { $0 / FatTreePlan.leavesPerPod }
    if leaf[0] == leaf[1] { return node.sameLeafLatency }
    path.append(leaves.up(leaf[0]))
    defer { path.append(leaves.down(leaf[1])) }
    if pod[0] == pod[1] { return node.networkLatency.duration }
    pods.appendCrossing(from: pod[0], to: pod[1], to: &path)
    return node.assumedCrossPodLatency
  }

  package func sharers(of kind: LinkClass) -> Int {
    let nics = cluster.nicPortCount
    switch kind {
    case .leafUp, .leafDown: return min(FatTreePlan.endpointsPerLeaf, nics)
    case .podUp, .podDown:
      return min(FatTreePlan.leavesPerPod * FatTreePlan.endpointsPerLeaf, nics)
    default: return 1
    }
  }
}
