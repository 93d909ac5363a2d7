// A program, and beside each of its operations what it means to the room that compiled it.

/// Operations on streams with a label each.
public struct LabelledProgram<Label: Sendable>: Sendable {
  /// What the machine runs.
  public internal(set) var streams: StreamProgram
  /// What each of its operations is.
  public internal(set) var labels: [Label] = []

  /// A program without operations.
  public init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    streams = StreamProgram(
      rankCount: rankCount, streamsPerRank: streamsPerRank, representatives: representatives)
  }

  /// Ranks that the program describes.
  @inlinable public var rankCount: Int { streams.rankCount }
  /// The operations in order.
  @inlinable public var operations: [StreamOperation] { streams.operations }
  /// What each of them waits for.
  @inlinable public var inputs: [[Int32]] { streams.inputs }
  /// What they send.
  @inlinable public var transfers: [Transfer] { streams.transfers }

  /// Appends an operation to its stream and returns its index.
  public mutating func add(
    _ label: Label, _ operation: StreamOperation, inputs: [Int32]
  ) -> Int {
    labels.append(label)
    return streams.add(operation, inputs: inputs)
  }

  /// Notes what operations may send and returns its index.
  public mutating func add(_ transfer: Transfer) -> Int32 { streams.add(transfer) }

  /// Lets an operation wait for one more.
  public mutating func require(_ input: Int, before operation: Int) {
    streams.require(input, before: operation)
  }
}
