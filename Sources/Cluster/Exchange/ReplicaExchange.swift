// Reduce-scatter and all-gather between replicas, in two levels: NVLink inside nodes, NICs between
// nodes. Each level moves (n - 1)/n of its bytes through every GPU's port.

import Units

import Units

/// GPUs that hold replicas of the same parameters.
package struct ReplicaGroup: Hashable, Sendable {
  /// Replicas that share a node.
  package var gpusPerNode: Int
  /// Nodes with replicas.
  package var nodeCount: Int

  package init(gpusPerNode: Int, nodeCount: Int) {
    self.gpusPerNode = gpusPerNode
    self.nodeCount = nodeCount
  }

  /// Bytes that each GPU sends in a reduce-scatter or an all-gather of `bytes` on every replica:
  /// over NVLink within its node, and over the network for its share of the node's part.
  package func movedBytes(_ bytes: Double) -> (nvlink: Double, network: Double) {
    (
      bytes * Self.movedShare(gpusPerNode),
      bytes / Double(gpusPerNode) * Self.movedShare(nodeCount)
    )
  }

  private static func movedShare(_ members: Int) -> Double { Double(members - 1) / Double(members) }

  /// Achieved over nominal NVLink bandwidth: fact hw.h800.nvlink_effective, 160 of 200 GB/s.
  package static let nvlinkShare = 160.0 / 200.0
}

extension GPUSpec {
  /// NVLink bandwidth in one direction that copies and collectives reach.
  package var achievedNVLink: BytesPerSecond { nvlinkPerDirection * ReplicaGroup.nvlinkShare }
}
