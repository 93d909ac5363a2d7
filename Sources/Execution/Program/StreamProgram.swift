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
  /// Neighbouring replicas that it takes place between: it sends when all of them are there, and
  /// ends when all have sent.
  public var groupSize: Int32
  /// How long it takes if it sends nothing.
  public var time: ComputeTime
  /// Index into `StreamProgram.transfers` of what it sends over links instead of taking a time of
  /// its own, or -1.
  public var transfer: Int32
  /// Number under which `ReplicaDurations` has its times, or `ReplicaShares` what it sends, where
  /// replicas differ in them, or -1.
  public var variant: Int32

  public init(
    rank: Int32, stream: UInt8, holdsSMs: Bool = false, groupSize: Int32 = 1,
    time: ComputeTime, transfer: Int32 = -1, variant: Int32 = -1
  ) {
    self.rank = rank
    self.stream = stream
    self.holdsSMs = holdsSMs
    self.groupSize = groupSize
    self.time = time
    self.transfer = transfer
    self.variant = variant
  }
}

/// Operations in order, what they wait for, and what they send.
///
/// With replicas the program runs many times side by side, one for each GPU of a rank: operation o
/// of replica d has the number o x replicas + d, and likewise streams and ranks, so that replicas
/// in step with each other lie side by side.
public struct StreamProgram: Sendable {
  /// Ranks that the program describes.
  public let rankCount: Int
  /// Streams of each.
  public let streamsPerRank: Int
  /// Copies that run side by side: GPUs of a rank, or one that stands for all.
  public let replicaCount: Int
  public private(set) var operations: [StreamOperation] = []
  /// What each operation waits for.
  public private(set) var inputs: [[Int32]] = []
  /// What operations send, each distinct one once.
  public private(set) var transfers: [Transfer] = []
  /// Operations of a stream in order, at index rank x streams of a rank + stream.
  public private(set) var streams: [[Int32]]

  /// A program without operations.
  public init(rankCount: Int, streamsPerRank: Int, replicaCount: Int = 1) {
    precondition(rankCount > 0 && streamsPerRank > 0 && replicaCount > 0, "an empty machine")
    self.rankCount = rankCount
    self.streamsPerRank = streamsPerRank
    self.replicaCount = replicaCount
    streams = Array(repeating: [], count: rankCount * streamsPerRank)
  }

  /// Appends an operation to its stream and returns its index.
  ///
  /// - Precondition: the operation's groups fill the replicas.
  public mutating func add(_ operation: StreamOperation, inputs needed: [Int32]) -> Int {
    precondition(replicaCount % Int(operation.groupSize) == 0, "groups fill the replicas")
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
