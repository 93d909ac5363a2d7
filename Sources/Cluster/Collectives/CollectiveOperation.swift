// All-reduce, reduce-scatter and all-gather in a ring. Chunks are pipelined, so latency counts only
// for the hops of the first one.
//
// Not modelled: the cost of the reduction itself, and the protocols (LL, LL128) that trade
// bandwidth for latency. Other algorithms are in the tests.

/// The result of a collective. Every rank has a buffer of the same size.
package enum CollectiveOperation: String, CaseIterable, Hashable, Sendable {
  /// Every rank has the sum.
  case allReduce = "all-reduce"
  /// Every rank has its part of the sum.
  case reduceScatter = "reduce-scatter"
  /// Every rank has the parts of all.
  case allGather = "all-gather"

  /// Bytes that each rank sends around a ring: (n - 1)/n of the buffer, twice that for all-reduce.
  ///
  /// Source: P. Patarasuk, X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
  /// workstations", JPDC 69(2), 2009.
  /// - Parameters:
  ///   - ranks: number of ranks in the ring.
  ///   - bytes: size of a rank's whole buffer.
  /// - Returns: bytes, and the pipeline latency in hops.
  /// - Precondition: there is at least one rank.
  package func ring(ranks: Int, bytes: Double) -> (bytes: Double, hops: Int) {
    precondition(ranks > 0, "\(ranks) ranks")
    let turns = self == .allReduce ? 2 : 1
    return (bytes * Double(turns) * Double(ranks - 1) / Double(ranks), turns * (ranks - 1))
  }
}
