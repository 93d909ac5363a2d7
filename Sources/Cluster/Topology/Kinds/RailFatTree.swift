// Networks of rails: GPU i of every node has its NIC on rail i, whose leaf switches serve 32 nodes
// each. Traffic to another rail is first forwarded over NVLink to the GPU on that rail, as NCCL's
// PXN does. Rails may share their spines, or be planes that meet only inside the nodes: the routes
// are the same, the switch counts are not.
// Sources: fact hw.net.planes (arXiv 2505.09343, section 5.1) for planes; NVIDIA's DGX SuperPOD
// reference architectures, in words, for shared spines.

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
  package let longestPath = 6
  package let counts: TopologyCounts
  package let joinsRails = false
  private let ports: NodePorts
  private let leaves: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  package init(_ cluster: ClusterSpec, spines: Spines, oversubscription: Double = 1) {
    let rails = cluster.node.gpusPerNode
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let rail = FatTreePlan(endpoints: cluster.nodeCount, oversubscription: oversubscription)
    self.ports = ports
    leaves = SwitchBundles(
      firstLink: ports.count, count: rail.leaves * rails,
      capacity: cluster.node.nicPerDirection * rail.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    links = ports.links + leaves.links
    switch spines {
    case .perRail: counts = rail.twoLayers * rails
    case .shared:
      let whole = FatTreePlan(endpoints: cluster.gpuCount, oversubscription: oversubscription)
      counts = whole.twoLayers(leaves: leaves.count)
    }
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    let (proxy, latency) = ports.appendForwarding(from: source, toRailOf: target, to: &path)
    let (here, there) = (leaf(of: proxy), leaf(of: target))
    path.append(ports.nicOut(proxy))
    if here != there { leaves.appendCrossing(from: here, to: there, to: &path) }
    path.append(ports.nicIn(target))
    let node = ports.cluster.node
    return latency + (here == there ? node.sameLeafLatency : node.networkLatency.duration)
  }

  package func sharers(of kind: LinkClass) -> Int {
    kind == .leafUp || kind == .leafDown
      ? min(FatTreePlan.endpointsPerLeaf, ports.cluster.nodeCount) : 1
  }

  private func leaf(of gpu: Int) -> Int {
    ports.node(of: gpu) / FatTreePlan.endpointsPerLeaf * ports.cluster.node.gpusPerNode
      + ports.rail(of: gpu)
  }
}
