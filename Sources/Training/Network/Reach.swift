// The two routes from one GPU to another: NVLink inside a scale-up domain, NICs between domains.

import Cluster
import Execution
import Units

/// Whether a message stays inside a scale-up domain.
enum Reach: Hashable {
  case insideDomain
  case betweenDomains

  /// The ports through which it leaves and enters GPUs.
  var ports: (out: GPULinks.Port, into: GPULinks.Port) {
    switch self {
    case .insideDomain: (.nvlinkOut, .nvlinkIn)
    case .betweenDomains: (.nicOut, .nicIn)
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
