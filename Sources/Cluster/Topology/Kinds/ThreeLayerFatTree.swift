// One three-layer fat tree: leaves and a middle layer make a pod of 1,024 NICs, cores join pods.
// Source: M. Al-Fares, A. Loukissas, A. Vahdat, "A scalable, commodity data center network
// architecture", SIGCOMM 2008; the FT3 row of fact hw.net.topology_cost.

import Units

/// Three layers of switches, the NICs of a node side by side on one leaf.
package struct ThreeLayerFatTree: Topology {
  package let links: [NetworkLink]
  package let longestPath = 6
  package let counts: TopologyCounts
  private let ports: NodePorts
  private let leaves: SwitchBundles
  private let pods: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let plan = FatTreePlan(endpoints: cluster.gpuCount, oversubscription: oversubscription)
    let nic = cluster.node.nicPerDirection
    self.ports = ports
    leaves = SwitchBundles(
      firstLink: ports.count, count: plan.leaves, capacity: nic * plan.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    pods = SwitchBundles(
      firstLink: ports.count + leaves.linkCount,
      count: FatTreePlan.divideUp(plan.leaves, FatTreePlan.leavesPerPod),
      capacity: nic * (plan.uplinksPerLeaf * FatTreePlan.ports / 2),
      name: "pod", up: .podUp, down: .podDown)
    links = ports.links + leaves.links + pods.links
    counts = plan.threeLayers
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    let node = ports.cluster.node
    let leaf = (source / FatTreePlan.endpointsPerLeaf, target / FatTreePlan.endpointsPerLeaf)
    let pod = (leaf.0 / FatTreePlan.leavesPerPod, leaf.1 / FatTreePlan.leavesPerPod)
    path.append(ports.nicOut(source))
    defer { path.append(ports.nicIn(target)) }
    if leaf.0 == leaf.1 { return node.sameLeafLatency }
    path.append(leaves.up(leaf.0))
    defer { path.append(leaves.down(leaf.1)) }
    if pod.0 == pod.1 { return node.networkLatency.duration }
    pods.appendCrossing(from: pod.0, to: pod.1, to: &path)
    return node.assumedCrossPodLatency
  }

  package func sharers(of kind: LinkClass) -> Int {
    let gpus = ports.cluster.gpuCount
    switch kind {
    case .leafUp, .leafDown: return min(FatTreePlan.endpointsPerLeaf, gpus)
    case .podUp, .podDown:
      return min(FatTreePlan.leavesPerPod * FatTreePlan.endpointsPerLeaf, gpus)
    default: return 1
    }
  }
}
