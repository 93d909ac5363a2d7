// The two routes from one GPU to another: NVLink inside a scale-up domain, NICs between domains.

import Cluster
import Units

/// Whether a message stays inside a scale-up domain.
package enum Reach: Hashable {
  case insideDomain
  case betweenDomains

  /// What a message to peers crosses.
  ///
  /// - Parameters:
  ///   - peers: the receivers, for a message between domains.
  ///   - rank: the rank of the peers, if it is another.
  package func course(to peers: Peers, rank: Int? = nil) -> Leg.Course {
    switch self {
    case .insideDomain: .scaleUp(rank: rank)
    case .betweenDomains: .network(peers)
    }
  }

  /// Propagation delay.
  package func latency(on node: NodeSpec) -> SimDuration {
    switch self {
    case .insideDomain: node.nvlinkLatency.duration
    case .betweenDomains: node.networkLatency.duration
    }
  }

  /// Rate of a GPU's port.
  package func rate(on node: NodeSpec) -> BytesPerSecond {
    switch self {
    case .insideDomain: node.gpu.achievedNVLink
    case .betweenDomains: node.networkPerGPU
    }
  }

  /// Time of a message through otherwise idle ports.
  package func time(of bytes: Double, on node: NodeSpec) -> SimDuration {
    SimDuration(seconds: bytes / rate(on: node).value) + latency(on: node)
  }
}
