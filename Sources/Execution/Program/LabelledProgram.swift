// A program together with the meaning of each operation to the room that compiled it.

import Units

/// Operations on streams, each with a label.
package struct LabelledProgram<Label: Sendable>: Sendable {
  /// What the machine runs.
  package internal(set) var streams: StreamProgram
  /// The label of each operation.
  package internal(set) var labels: [Label] = []

  /// A program without operations.
  package init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    streams = StreamProgram(
      rankCount: rankCount, streamsPerRank: streamsPerRank, representatives: representatives)
  }

  /// Ranks that the program describes.
  @inlinable package var rankCount: Int { streams.rankCount }
  /// The operations in order.
  @inlinable package var operations: [StreamOperation] { streams.operations }

  /// The label of an operation.
  @inlinable
  package subscript(label operation: OperationID) -> Label { labels[operation.index] }

  /// The operations that an operation waits for.
  @inlinable
  package func inputs(of operation: OperationID) -> [OperationID] {
    streams.inputs[operation.index]
  }

  /// Appends an operation to its stream.
  package mutating func add(
    _ label: Label, _ operation: StreamOperation, inputs: [OperationID]
  ) -> OperationID {
    labels.append(label)
    return streams.add(operation, inputs: inputs)
  }

  /// Registers a transfer for operations to send.
  package mutating func add(_ transfer: Transfer) -> TransferID { streams.add(transfer) }

  /// Makes an operation wait for another one.
  package mutating func require(_ input: OperationID, before operation: OperationID) {
    streams.require(input, before: operation)
  }
}
