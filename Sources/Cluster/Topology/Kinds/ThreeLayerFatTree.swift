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
  private let leaves: SwitchLayer
  private let pods: SwitchLayer
  /// Cores above a switch of the middle layer.
  private static let coresPerSwitch = FatTreePlan.ports / 2

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let plan = FatTreePlan(endpoints: cluster.nicCount, oversubscription: oversubscription)
    let nic = cluster.node.nicPerDirection
    self.cluster = cluster
    leaves = SwitchLayer(
      cluster, count: plan.leaves, cables: plan.uplinksPerLeaf, of: nic, name: "leaf",
      up: .leafUp, down: .leafDown)
    pods = SwitchLayer(
      cluster, firstLink: leaves.links.count,
      count: FatTreePlan.divideUp(plan.leaves, FatTreePlan.leavesPerPod),
      cables: plan.uplinksPerLeaf * Self.coresPerSwitch, of: nic, name: "pod", up: .podUp,
      down: .podDown)
    links = leaves.links + pods.links
    counts = plan.threeLayers
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration {
    let node = cluster.node
    let leaf = [source, target].map(cluster.leaf)
    let pod = leaf.map { $0 / FatTreePlan.leavesPerPod }
    if leaf[0] == leaf[1] { return node.sameLeafLatency }
    // Each switch of the middle layer of a pod has the same number of cores above it.
    let core = cluster.cable(of: pods.cables, from: source, to: target)
    let middle = core * leaves.cables / pods.cables
    path.append(leaves.up(leaf[0], middle))
    defer { path.append(leaves.down(leaf[1], middle)) }
    if pod[0] == pod[1] { return node.networkLatency.duration }
    path += [pods.up(pod[0], core), pods.down(pod[1], core)]
    return node.assumedCrossPodLatency
  }

  package func sharers(of kind: LinkClass) -> Int {
    let nics = cluster.nicCount
    switch kind {
    case .leafUp, .leafDown: return min(FatTreePlan.endpointsPerLeaf, nics)
    case .podUp, .podDown:
      return min(FatTreePlan.leavesPerPod * FatTreePlan.endpointsPerLeaf, nics)
    default: return 1
    }
  }
}
