// Rail-optimised: leaf switches serve the NICs of one rail of 32 nodes each, and one layer of
// spines joins all leaves. Traffic to another rail is forwarded inside the node or climbs to the
// spines.
// Source: NVIDIA's DGX SuperPOD reference architectures, in words; port count of hw.net.planes.

import Units

/// Two layers of switches with a rail for each GPU of a node.
public struct RailOptimised: Topology {
  public let links: [NetworkLink]
  public let longestPath: Int
  public let counts: TopologyCounts
  private let ports: NodePorts
  private let crossRail: CrossRailRoute
  private let leaves: SwitchBundles

  /// Builds it for a cluster; `oversubscription` is NICs over uplinks of a leaf switch.
  public init(
    _ cluster: ClusterSpec, oversubscription: Double = 1,
    crossRail: CrossRailRoute = .forwardInNode
  ) {
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let plan = FatTreePlan(
      endpoints: cluster.nodeCount, oversubscription: oversubscription)
    self.ports = ports
    self.crossRail = crossRail
    leaves = SwitchBundles(
      firstLink: ports.count, count: plan.leaves * cluster.node.gpusPerNode,
      capacity: cluster.node.nicPerDirection * plan.uplinksPerLeaf,
      name: "leaf", up: .leafUp, down: .leafDown)
    links = ports.links + leaves.links
    longestPath = crossRail == .forwardInNode ? 6 : 4
    let whole = FatTreePlan(endpoints: cluster.gpuCount, oversubscription: oversubscription)
    counts = whole.twoLayers(leaves: leaves.count)
  }

  public func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    guard crossRail == .forwardInNode else { return between(source, target, &path) }
    let (proxy, latency) = ports.appendForwarding(from: source, toRailOf: target, to: &path)
    return latency + between(proxy, target, &path)
  }

  public var joinsRails: Bool { crossRail == .throughSpine }

  public func sharers(of kind: LinkClass) -> Int {
    kind == .leafUp || kind == .leafDown
      ? min(FatTreePlan.endpointsPerLeaf, ports.cluster.nodeCount) : 1
  }

  private func between(_ source: Int, _ target: Int, _ path: inout [Int32]) -> SimDuration {
    let (here, there) = (leaf(of: source), leaf(of: target))
    path.append(ports.nicOut(source))
    if here != there { leaves.appendCrossing(from: here, to: there, to: &path) }
    path.append(ports.nicIn(target))
    let node = ports.cluster.node
    return here == there ? node.sameLeafLatency : node.networkLatency.duration
  }

  private func leaf(of gpu: Int) -> Int {
    ports.node(of: gpu) / FatTreePlan.endpointsPerLeaf * ports.cluster.node.gpusPerNode
      + ports.rail(of: gpu)
  }
}
