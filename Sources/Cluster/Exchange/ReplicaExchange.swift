// Reduce-scatter and all-gather between replicas, in two levels: NVLink inside nodes, NICs between.
//
// A closed form without contention: each level moves (n - 1)/n of its bytes at the link's rate.

import Units

/// GPUs that hold replicas of the same parameters.
public struct ReplicaGroup: Hashable, Sendable {
  /// Replicas that share a node.
  public var gpusPerNode: Int
  /// Nodes with replicas.
  public var nodeCount: Int

  public init(gpusPerNode: Int, nodeCount: Int) {
    self.gpusPerNode = gpusPerNode
    self.nodeCount = nodeCount
  }

  /// Replicas in all.
  public var count: Int { gpusPerNode * nodeCount }

  /// Duration of a reduce-scatter, or of an all-gather, of `bytes` on every replica.
  public func exchangeSeconds(_ bytes: Double, on node: NodeSpec) -> Double {
    var seconds = 0.0
    var remaining = bytes
    if gpusPerNode > 1 {
      let rate = node.gpu.nvlinkPerDirection.value * Self.nvlinkShare
      seconds += remaining * Self.movedShare(gpusPerNode) / rate + node.nvlinkLatency.value
      remaining /= Double(gpusPerNode)
    }
    if nodeCount > 1 {
      seconds +=
        remaining * Self.movedShare(nodeCount) / node.nicPerDirection.value
        + node.networkLatency.value
    }
    return seconds
  }

  private static func movedShare(_ members: Int) -> Double { Double(members - 1) / Double(members) }

  /// Achieved over nominal NVLink bandwidth: facts hw.h800.nvlink_effective, 160 of 200 GB/s.
  private static let nvlinkShare = 160.0 / 200.0
}
