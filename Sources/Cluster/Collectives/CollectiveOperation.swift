// All-reduce, reduce-scatter and all-gather in a ring: chunks are pipelined, so latency is that
// of the first chunk.
//
// Not here: the cost of reducing, the protocols (LL, LL128) that trade bandwidth for latency, and
// the other algorithms, which are among the tests.

/// What the ranks of a group have afterwards. Every rank's buffer has the same size.
public enum CollectiveOperation: String, CaseIterable, Hashable, Sendable {
  /// Every rank has the sum.
  case allReduce = "all-reduce"
  /// Every rank has its part of the sum.
  case reduceScatter = "reduce-scatter"
  /// Every rank has the parts of all.
  case allGather = "all-gather"

  /// What each of some ranks sends around a ring: (n - 1)/n of the buffer once, twice for the sum.
  ///
  /// Source: P. Patarasuk, X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
  /// workstations", JPDC 69(2), 2009.
  /// - Parameter bytes: size of a rank's whole buffer.
  /// - Returns: bytes, and pipeline latency in hops.
  /// - Precondition: there is at least one rank.
  public func ring(ranks: Int, bytes: Double) -> (bytes: Double, hops: Int) {
    precondition(ranks > 0, "\(ranks) ranks")
    let turns = self == .allReduce ? 2 : 1
    return (bytes * Double(turns) * Double(ranks - 1) / Double(ranks), turns * (ranks - 1))
  }
}
