// What a simulation asks of the machine: operations of every rank on its streams.
//
// An operation starts when its stream reaches it and all its inputs are there. Nothing else decides
// time. What an operation means is for the room that compiled it: it keeps its own notes beside,
// under the same index.

import Units

/// One operation.
public struct StreamOperation: Sendable {
  /// Whose stream it runs on.
  public var rank: Int32
  /// A stream of the rank; on stream 0 computation runs, which slows down beside kernels that hold
  /// its multiprocessors.
  public var stream: UInt8
  /// Whether it holds streaming multiprocessors that computation then lacks.
  public var holdsSMs: Bool
  /// The level of the groups of members that it takes place between: it ends when all of a group
  /// have sent. 0 where a member sends for itself.
  public var level: UInt8
  /// Whether the members of a group start to send together, when the last of them is there.
  public var startsTogether: Bool
  /// How long it takes if it sends nothing.
  public var time: ComputeTime
  /// Index into `StreamProgram.transfers` of what it sends over links instead of taking a time of
  /// its own, or -1.
  public var transfer: Int32
  /// Number under which `MemberDurations` has its times, or `MemberShares` what it sends, where
  /// members differ in them, or -1.
  public var variant: Int32

  public init(
    rank: Int32, stream: UInt8, holdsSMs: Bool = false, level: UInt8 = 0,
    startsTogether: Bool = true, time: ComputeTime, transfer: Int32 = -1, variant: Int32 = -1
  ) {
    self.rank = rank
    self.stream = stream
    self.holdsSMs = holdsSMs
    self.level = level
    self.startsTogether = startsTogether
    self.time = time
    self.transfer = transfer
    self.variant = variant
  }
}

/// Operations in order, what they wait for, and what they send.
///
/// The program runs once for each member of its representatives, side by side: operation o of
/// member d has the number o x members + d, and likewise streams and ranks, so that members in step
/// with each other lie side by side.
public struct StreamProgram: Sendable {
  /// Ranks that the program describes.
  public let rankCount: Int
  /// Streams of each.
  public let streamsPerRank: Int
  /// The GPUs of each rank that are simulated.
  public let representatives: Representatives
  public private(set) var operations: [StreamOperation] = []
  /// What each operation waits for.
  public private(set) var inputs: [[Int32]] = []
  /// What operations send, each distinct one once.
  public private(set) var transfers: [Transfer] = []
  /// Operations of a stream in order, at index rank x streams of a rank + stream.
  public private(set) var streams: [[Int32]]

  /// A program without operations.
  public init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    precondition(rankCount > 0 && streamsPerRank > 0, "an empty machine")
    self.rankCount = rankCount
    self.streamsPerRank = streamsPerRank
    self.representatives = representatives
    streams = Array(repeating: [], count: rankCount * streamsPerRank)
  }

  /// GPUs of each rank that are simulated.
  public var memberCount: Int { representatives.count }

  /// Appends an operation to its stream and returns its index.
  public mutating func add(_ operation: StreamOperation, inputs needed: [Int32]) -> Int {
    operations.append(operation)
    inputs.append(needed)
    let stream = Int(operation.rank) * streamsPerRank + Int(operation.stream)
    streams[stream].append(Int32(operations.count - 1))
    return operations.count - 1
  }

  /// Notes what operations may send and returns its index.
  public mutating func add(_ transfer: Transfer) -> Int32 {
    transfers.append(transfer)
    return Int32(transfers.count - 1)
  }

  /// Lets an operation wait for one more.
  public mutating func require(_ input: Int, before operation: Int) {
    inputs[operation].append(Int32(input))
  }

  /// The operations of one stream of one rank in order.
  public func stream(_ stream: Int, rank: Int) -> [Int32] {
    streams[rank * streamsPerRank + stream]
  }
}
