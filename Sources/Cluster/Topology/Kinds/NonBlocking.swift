// A network whose switches limit nothing: any NIC reaches any other, and only ports are links.

import Units

/// Ports of GPUs and nothing between them.
package struct NonBlocking: Topology {
  package let links: [NetworkLink]
  package let longestPath = 2
  package let counts: TopologyCounts
  private let ports: NodePorts

  /// Builds it for a cluster.
  package init(_ cluster: ClusterSpec) {
    ports = NodePorts(cluster: cluster, hasNetwork: true)
    links = ports.links
    counts = TopologyCounts(endpoints: cluster.gpuCount, switches: 0, links: 0)
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    path.append(ports.nicOut(source))
    path.append(ports.nicIn(target))
    return ports.cluster.node.networkLatency.duration
  }
}
