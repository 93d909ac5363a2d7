// DeepSeek's multi-plane network: each GPU of a node has its NIC on a plane of its own, and each
// plane is a two-layer fat tree. Planes meet only inside the nodes, so traffic to another plane is
// forwarded over NVLink first.
// Source: fact hw.net.planes (arXiv 2505.09343, section 5.1).

import Units

/// As many two-layer fat trees side by side as a node has GPUs.
public struct MultiPlaneFatTree: Topology {
  public let links: [NetworkLink]
  public let longestPath = 6
  public let counts: TopologyCounts
  public let joinsRails = false
  private let ports: NodePorts
  private let leaves: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  public init(_ cluster: ClusterSpec, oversubscription: Double = 1) {
    let planes = cluster.node.gpusPerNode
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let plan = FatTreePlan(endpoints: cluster.nodeCount, oversubscription: oversubscription)
    self.ports = ports
    leaves = SwitchBundles(
      firstLink: ports.count, count: plan.leaves * planes,
      capacity: cluster.node.nicPerDirection * plan.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    links = ports.links + leaves.links
    counts = plan.twoLayers * planes
  }

  public func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    let (proxy, latency) = ports.appendForwarding(from: source, toRailOf: target, to: &path)
    let (here, there) = (leaf(of: proxy), leaf(of: target))
    path.append(ports.nicOut(proxy))
    if here != there { leaves.appendCrossing(from: here, to: there, to: &path) }
    path.append(ports.nicIn(target))
    let node = ports.cluster.node
    return latency + (here == there ? node.sameLeafLatency : node.networkLatency.duration)
  }

  public func sharers(of kind: LinkClass) -> Int {
    kind == .leafUp || kind == .leafDown
      ? min(FatTreePlan.endpointsPerLeaf, ports.cluster.nodeCount) : 1
  }

  private func leaf(of gpu: Int) -> Int {
    ports.node(of: gpu) / FatTreePlan.endpointsPerLeaf * ports.cluster.node.gpusPerNode
      + ports.rail(of: gpu)
  }
}
