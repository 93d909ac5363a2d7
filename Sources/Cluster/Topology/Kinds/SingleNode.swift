// One node: every GPU with both directions of its NVLink port, and nothing beyond.

import Units

/// GPUs behind one NVLink switch that blocks nothing.
package struct SingleNode: Topology {
  package let links: [NetworkLink]
  package let longestPath = 2
  package let counts = TopologyCounts(endpoints: 0, switches: 0, links: 0)
  private let ports: NodePorts

  /// Builds it for one node of this kind.
  package init(_ node: NodeSpec) {
    ports = NodePorts(cluster: ClusterSpec(node: node, nodeCount: 1), hasNetwork: false)
    links = ports.links
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    ports.check(source, target)
    path.removeAll(keepingCapacity: true)
    return ports.appendInside(from: source, to: target, to: &path)
  }
}
