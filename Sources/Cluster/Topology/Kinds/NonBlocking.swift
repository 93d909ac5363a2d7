// A network whose switches limit nothing: any NIC reaches any other, and only ports are links.

import Recording
import Units

/// Nothing between the NICs.
package struct NonBlocking: Topology {
  package let links: [NetworkLink] = []
  package let counts: TopologyCounts
  private let latency: SimDuration

  /// Builds it for a cluster.
  package init(_ cluster: ClusterSpec) {
    counts = TopologyCounts(
      endpoints: cluster.domainCount > 1 ? cluster.nicPortCount : 0, switches: 0, links: 0)
    latency = cluster.node.networkLatency.duration
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration { latency }
}
