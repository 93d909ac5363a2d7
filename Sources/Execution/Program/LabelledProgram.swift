// A program together with the meaning of each operation to the room that compiled it.

import Units

/// Operations on streams, each with a label.
package struct LabelledProgram<Label: Sendable>: Sendable {
  /// What the machine runs.
  @inlinable package var streams: StreamProgram { program }
  /// The label of each operation.
  @inlinable package var labels: [Label] { names }

  @usableFromInline var program: StreamProgram
  @usableFromInline var names: [Label] = []

  /// A program without operations.
  package init(rankCount: Int, streamsPerRank: Int, representatives: Representatives = .one()) {
    program = StreamProgram(
      rankCount: rankCount, streamsPerRank: streamsPerRank, representatives: representatives)
  }

  /// Ranks that the program describes.
  @inlinable package var rankCount: Int { program.rankCount }
  /// The operations in order.
  @inlinable package var operations: [StreamOperation] { program.operations }

  /// The label of an operation.
  @inlinable
  package subscript(label operation: OperationID) -> Label { names[operation.index] }

  /// The operations that an operation waits for.
  @inlinable
  package func inputs(of operation: OperationID) -> [OperationID] {
    program.inputs[operation.index]
  }

  /// Appends an operation to its stream.
  @inlinable
  package mutating func add(
    _ label: Label, _ operation: StreamOperation, inputs: [OperationID]
  ) -> OperationID {
    names.append(label)
    return program.add(operation, inputs: inputs)
  }

  /// Registers a transfer for operations to send.
  package mutating func add(_ transfer: Transfer) -> TransferID { program.add(transfer) }

  /// Makes an operation wait for another one.
  package mutating func require(_ input: OperationID, before operation: OperationID) {
    program.require(input, before: operation)
  }
}
