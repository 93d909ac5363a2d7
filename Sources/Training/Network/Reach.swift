// The two routes from one GPU to another: NVLink inside a scale-up domain, NICs between domains.

import Cluster
import Execution
import Units

/// Whether a message stays inside a scale-up domain.
enum Reach: Hashable {
  case insideDomain
  case betweenDomains

  /// What a message to peers crosses.
  ///
  /// - Parameter rank: the rank of the peers, if it is another.
  func course(to peers: Peers, rank: Int? = nil) -> Leg.Course {
    switch self {
    case .insideDomain: .scaleUp(rank: rank)
    case .betweenDomains: .network(peers)
    }
  }

  /// Propagation delay.
  func latency(on node: NodeSpec) -> SimDuration {
    switch self {
    case .insideDomain: node.nvlinkLatency.duration
    case .betweenDomains: node.networkLatency.duration
    }
  }

  /// Rate of a GPU's port.
  func rate(on node: NodeSpec) -> BytesPerSecond {
    switch self {
    case .insideDomain: node.gpu.achievedNVLink
    case .betweenDomains: node.networkPerGPU
    }
  }

  /// Time of a message through otherwise idle ports.
  func time(of bytes: Double, on node: NodeSpec) -> SimDuration {
    SimDuration(seconds: bytes / rate(on: node).value) + latency(on: node)
  }
}
