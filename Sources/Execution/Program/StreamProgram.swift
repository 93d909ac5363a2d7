// What a simulation asks of the machine: the operations of every rank on its streams.
//
// An operation starts when its stream reaches it and all its inputs are there. Nothing else decides
// time. The room that compiles a program knows what its operations mean; it keeps a label for each.

import Units

/// One operation.
package struct StreamOperation: Sendable {
  /// What keeps an operation busy.
  package enum Effort: Hashable, Sendable {
    /// A time, which members may differ in.
    case takes(ComputeTime, variant: MemberDurations.Variant?)
    /// A transfer over links.
    case sends(Sending)
  }

  /// A transfer, and whom it brings together.
  package struct Sending: Hashable, Sendable {
    package var transfer: TransferID
    /// How much of the transfer each member sends, where members differ in that.
    package var variant: MemberShares.Variant?
    /// The groups of members that exchange it; nil where a member sends for itself.
    package var rendezvous: Rendezvous?

    package init(
      _ transfer: TransferID, variant: MemberShares.Variant? = nil, rendezvous: Rendezvous? = nil
    ) {
      self.transfer = transfer
      self.variant = variant
      self.rendezvous = rendezvous
    }
  }

  private let rankNumber: Int32
  private let streamNumber: UInt8
  /// Whether it holds streaming multiprocessors that computation then lacks.
  package let holdsSMs: Bool
  package let effort: Effort

  /// - Parameters:
  ///   - rank: the rank whose stream it runs on.
  ///   - stream: a stream of the rank. Computation runs on stream 0, and slows down beside
  ///     operations that hold its multiprocessors.
  package init(rank: Int, stream: Int, holdsSMs: Bool = false, _ effort: Effort) {
    rankNumber = Int32(rank)
    streamNumber = UInt8(stream)
    self.holdsSMs = holdsSMs
    self.effort = effort
  }

  /// The rank whose stream it runs on.
  package var rank: Int { Int(rankNumber) }
  /// Its stream in the rank.
  package var stream: Int { Int(streamNumber) }

  /// What it sends; nil for an operation that takes a time.
  package var sending: Sending? {
    if case .sends(let sending) = effort { sending } else { nil }
  }
}

/// How the members of a group come together in an exchange: it ends for all of them when the last
/// has sent its part.
package struct Rendezvous: Hashable, Sendable {
  private let levelNumber: UInt8
  /// Whether they start to send together, when the last of them has arrived.
  package let startsTogether: Bool

  /// - Parameter level: the level of the groups in `Representatives`.
  package init(level: Int, startsTogether: Bool = true) {
    levelNumber = UInt8(level)
    self.startsTogether = startsTogether
  }

  /// The level of the groups in `Representatives`.
  package var level: Int { Int(levelNumber) }
}

/// Operations in order, what they wait for, and what they send.
///
/// The program runs once for each member of its representatives, side by side: operation o of
/// member d has the number o x members + d, and likewise streams and ranks, so that members in step
/// with each other lie side by side.
package struct StreamProgram: Sendable {
  /// Ranks that the program describes.
  package let rankCount: Int
  /// Streams of each.
  package let streamsPerRank: Int
  /// The GPUs of each rank that are simulated.
  package let representatives: Representatives
  package private(set) var operations: [StreamOperation] = []
  /// What each operation waits for.
  package private(set) var inputs: [[OperationID]] = []
  /// What operations send, each distinct one once.
  package private(set) var transfers: [Transfer] = []
  /// Operations of a stream in order, at index rank x streams of a rank + stream.
  package private(set) var streams: [[OperationID]]

  /// A program without operations.
  package init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    precondition(rankCount > 0 && streamsPerRank > 0, "an empty machine")
    self.rankCount = rankCount
    self.streamsPerRank = streamsPerRank
    self.representatives = representatives
    streams = Array(repeating: [], count: rankCount * streamsPerRank)
  }

  /// GPUs of each rank that are simulated.
  package var memberCount: Int { representatives.count }

  /// Appends an operation to its stream.
  package mutating func add(
    _ operation: StreamOperation, inputs needed: [OperationID]
  ) -> OperationID {
    let id = OperationID(operations.count)
    operations.append(operation)
    inputs.append(needed)
    streams[operation.rank * streamsPerRank + operation.stream].append(id)
    return id
  }

  /// Notes what operations may send.
  package mutating func add(_ transfer: Transfer) -> TransferID {
    transfers.append(transfer)
    return TransferID(transfers.count - 1)
  }

  /// Makes an operation wait for one more.
  package mutating func require(_ input: OperationID, before operation: OperationID) {
    inputs[operation.index].append(input)
  }

  /// The operations of one stream of one rank in order.
  package func stream(_ stream: Int, rank: Int) -> [OperationID] {
    streams[rank * streamsPerRank + stream]
  }
}
