// A program's lists in flat arrays, for the machine's inner loop.

import Units

/// The order of operations on streams, and the successors of each operation.
struct FlatProgram {
  /// The operations of stream s are in `streamList`, from `streamStarts[s]` up to the next start.
  let streamStarts: [Int32]
  let streamList: [OperationID]
  private let successorStarts: [Int32]
  let successorList: [OperationID]

  init(_ program: StreamProgram) {
    var starts: [Int32] = [0]
    for stream in program.streams { starts.append((starts.last ?? 0) + Int32(stream.count)) }
    streamStarts = starts
    streamList = program.streams.flatMap { $0 }
    let count = program.operations.count
    var offsets = [Int32](repeating: 0, count: count + 1)
    for inputs in program.inputs { for input in inputs { offsets[input.index + 1] += 1 } }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    var targets = [OperationID](repeating: OperationID(0), count: Int(offsets[count]))
    var filled = offsets
    for (target, inputs) in program.inputs.enumerated() {
      for input in inputs {
        targets[Int(filled[input.index])] = OperationID(target)
        filled[input.index] += 1
      }
    }
    successorStarts = offsets
    successorList = targets
  }

  /// Positions in `successorList` of the operations that wait for an operation.
  func successors(of operation: OperationID) -> Range<Int> {
    Int(successorStarts[operation.index])..<Int(successorStarts[operation.index + 1])
  }
}
