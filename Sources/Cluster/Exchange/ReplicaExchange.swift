// Reduce-scatter and all-gather between replicas, in two levels: NVLink inside scale-up domains,
// NICs between them. Each level is a ring: it moves (n - 1)/n of its bytes through every GPU's
// port.

import Units

/// GPUs that hold replicas of the same parameters.
package struct ReplicaGroup: Hashable, Sendable {
  /// Replicas that share a scale-up domain.
  package var gpusPerDomain: Int
  /// Domains with replicas.
  package var domainCount: Int

  package init(gpusPerDomain: Int, domainCount: Int) {
    self.gpusPerDomain = gpusPerDomain
    self.domainCount = domainCount
  }

  /// Bytes that each GPU sends in a reduce-scatter or an all-gather of `bytes` on every replica:
  /// over NVLink in its domain, and over the network for its share of the domain's part.
  package func movedBytes(_ bytes: Double) -> (nvlink: Double, network: Double) {
    (
      bytes * Self.movedShare(gpusPerDomain),
      bytes / Double(gpusPerDomain) * Self.movedShare(domainCount)
    )
  }

  /// Pipeline latency of a collective in hops, over NVLink and over the network.
  package func hops(_ operation: CollectiveOperation) -> (nvlink: Int, network: Int) {
    (
      operation.ring(ranks: gpusPerDomain, bytes: 0).hops,
      operation.ring(ranks: domainCount, bytes: 0).hops
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
