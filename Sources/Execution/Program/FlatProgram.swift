// A program's lists in flat arrays, for the machine's inner loop.

/// Who follows whom on streams, and who waits for whom.
struct FlatProgram {
  /// Operations of stream s lie in `streamList` from `streamStarts[s]` up to the next start.
  let streamStarts: [Int32]
  let streamList: [Int32]
  private let successorStarts: [Int32]
  let successorList: [Int32]

  init(_ program: StreamProgram) {
    var starts: [Int32] = [0]
    for stream in program.streams { starts.append((starts.last ?? 0) + Int32(stream.count)) }
    streamStarts = starts
    streamList = program.streams.flatMap { $0 }
    let count = program.operations.count
    var offsets = [Int32](repeating: 0, count: count + 1)
    for inputs in program.inputs { for input in inputs { offsets[Int(input) + 1] += 1 } }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    var targets = [Int32](repeating: 0, count: Int(offsets[count]))
    var filled = offsets
    for (target, inputs) in program.inputs.enumerated() {
      for input in inputs {
        targets[Int(filled[Int(input)])] = Int32(target)
        filled[Int(input)] += 1
      }
    }
    successorStarts = offsets
    successorList = targets
  }

  /// Positions in `successorList` of the operations that wait for one.
  func successors(of operation: Int) -> Range<Int> {
    Int(successorStarts[operation])..<Int(successorStarts[operation + 1])
  }
}
