// The input of the machine: the operations of every rank on its streams.
//
// An operation starts when its stream reaches it and all its inputs are ready. Nothing else
// determines times. The room that compiles a program keeps a label for the meaning of each
// operation.

import Units

/// An operation of a `StreamProgram`.
package typealias OperationID = ID<StreamOperation>
/// One of the transfers that a `StreamProgram` lists.
package typealias TransferID = ID<Transfer>

/// One operation.
package struct StreamOperation: Sendable {
  /// What occupies an operation.
  package enum Effort: Hashable, Sendable {
    /// A duration, which may differ between members.
    case takes(ComputeTime, variant: MemberDurations.Variant?)
    /// A transfer over links.
    case sends(Sending)
  }

  /// A transfer, and the members that take part in it.
  package struct Sending: Hashable, Sendable {
    package var transfer: TransferID
    /// Selects how much of the transfer each member sends, if members differ.
    package var variant: MemberShares.Variant?
    /// The groups of members that exchange it; nil if each member sends on its own.
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
  /// Whether it takes multiprocessors or memory bandwidth from the rank's computation, and shares
  /// the latter.
  package let sharesGPU: Bool
  package let effort: Effort

  /// - Parameters:
  ///   - rank: the rank whose stream it runs on.
  ///   - stream: a stream of the rank. Computation runs on stream 0, and slows down while other
  ///     operations share the GPU with it.
  ///   - sharesGPU: whether it takes multiprocessors or memory bandwidth from the rank's
  ///     computation.
  ///   - effort: its duration, or what it sends.
  package init(rank: Int, stream: Int, sharesGPU: Bool = false, _ effort: Effort) {
    rankNumber = Int32(rank)
    streamNumber = UInt8(stream)
    self.sharesGPU = sharesGPU
    self.effort = effort
  }

  /// The rank whose stream it runs on.
  package var rank: Int { Int(rankNumber) }
  /// Its stream in the rank.
  package var stream: Int { Int(streamNumber) }

  /// Its transfer; nil for an operation with a duration.
  package var sending: Sending? {
    if case .sends(let sending) = effort { sending } else { nil }
  }
}

/// How the members of a group meet in an exchange: it ends for all of them when the last one has
/// sent its part.
package struct Rendezvous: Hashable, Sendable {
  private let levelNumber: UInt8
  /// Whether they start to send together, once the last of them has arrived.
  package let startsTogether: Bool

  /// - Parameters:
  ///   - level: the level of the groups in `Representatives`.
  ///   - startsTogether: whether members start to send only once the last of them has arrived.
  package init(level: Int, startsTogether: Bool = true) {
    levelNumber = UInt8(level)
    self.startsTogether = startsTogether
  }

  /// The level of the groups in `Representatives`.
  package var level: Int { Int(levelNumber) }
}

/// Operations in order, their inputs, and their transfers.
///
/// The program runs once for each member of its representatives, in parallel. Operation o of member
/// d has the number o x members + d. Streams and ranks are numbered likewise, so members that run
/// in step are adjacent in memory.
package struct StreamProgram: Sendable {
  /// Ranks that the program describes.
  package let rankCount: Int
  /// Streams per rank.
  package let streamsPerRank: Int
  /// The simulated GPUs of each rank.
  package let representatives: Representatives
  package private(set) var operations: [StreamOperation] = []
  /// The operations that each operation waits for.
  package private(set) var inputs: [[OperationID]] = []
  /// The transfers of operations, without duplicates.
  package private(set) var transfers: [Transfer] = []
  /// Operations of each stream in order, at index rank x streams per rank + stream.
  package private(set) var streams: [[OperationID]]

  /// A program without operations.
  package init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    precondition(rankCount > 0 && streamsPerRank > 0, "a machine has ranks and streams")
    self.rankCount = rankCount
    self.streamsPerRank = streamsPerRank
    self.representatives = representatives
    streams = Array(repeating: [], count: rankCount * streamsPerRank)
  }

  /// Number of simulated GPUs of each rank.
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

  /// Registers a transfer for operations to send.
  package mutating func add(_ transfer: Transfer) -> TransferID {
    transfers.append(transfer)
    return TransferID(transfers.count - 1)
  }

  /// Makes an operation wait for another one.
  package mutating func require(_ input: OperationID, before operation: OperationID) {
    inputs[operation.index].append(input)
  }

  /// The operations of one stream of one rank in order.
  package func stream(_ stream: Int, rank: Int) -> [OperationID] {
    streams[rank * streamsPerRank + stream]
  }
}
