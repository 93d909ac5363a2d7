// The two routes from one GPU to another: NVLink inside a node, NICs between nodes.

import Cluster
import Execution
import Units

/// Whether a message stays inside a node.
enum Reach: Hashable {
  case insideNode
  case betweenNodes

  /// The ports through which it leaves and enters GPUs.
  var ports: (out: GPULinks.Port, into: GPULinks.Port) {
    switch self {
    case .insideNode: (.nvlinkOut, .nvlinkIn)
    case .betweenNodes: (.nicOut, .nicIn)
    }
  }

  /// Propagation delay.
  func latency(on node: NodeSpec) -> SimDuration {
    switch self {
    case .insideNode: node.nvlinkLatency.duration
    case .betweenNodes: node.networkLatency.duration
    }
  }

  /// Rate of a GPU's port.
  func rate(on node: NodeSpec) -> BytesPerSecond {
    switch self {
    case .insideNode: node.gpu.achievedNVLink
    case .betweenNodes: node.nicPerDirection
    }
  }

  /// Time of a message through otherwise idle ports.
  func time(of bytes: Double, on node: NodeSpec) -> SimDuration {
    SimDuration(seconds: bytes / rate(on: node).value) + latency(on: node)
  }
}
