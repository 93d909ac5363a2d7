// Runs a program: streams take their operations in order, each when its inputs are there.
//
// While an exchange with the experts runs on a rank it holds streaming multiprocessors, and the
// computation beside it goes on at the pace of those that are left: what remains of it is stretched
// or shrunk whenever that changes, and its old end is cancelled.

import EventKernel
import Units

/// The end of an operation.
struct OperationEnd: EventPayload {
  var operation: UInt32

  var fingerprintWord: UInt64 { UInt64(operation) }
}

/// When each operation of a program ran.
struct StepTimes {
  var starts: [Int64]
  var ends: [Int64]
  /// The last end.
  var makespan: Int64
  var fingerprint: String

  func start(_ operation: Int32) -> Int64 { starts[Int(operation)] }
  func end(_ operation: Int32) -> Int64 { ends[Int(operation)] }
}

/// One step in progress.
struct StreamMachine: ~Copyable {
  private let program: StepProgram
  private let successors: Successors
  private var kernel = SimulationKernel<OperationEnd, FourAryHeap>()
  private var starts: [Int64]
  private var ends: [Int64]
  /// Inputs that an operation still waits for.
  private var missing: [Int32]
  /// Position of each stream's next operation.
  private var next: [Int]
  private var isBusy: [Bool]
  private var compute: [ComputeProgress]

  /// The operation on a rank's compute stream.
  private struct ComputeProgress {
    var operation: Int32 = -1
    var handle: EventHandle?
    /// What is left at `since`, in picoseconds of the present pace.
    var remaining: Int64 = 0
    var since: Int64 = 0
    var isBesideCommunication = false
  }

  init(_ program: StepProgram) {
    self.program = program
    successors = Successors(program)
    starts = Array(repeating: -1, count: program.operations.count)
    ends = starts
    missing = program.inputs.map { Int32($0.count) }
    next = Array(repeating: 0, count: program.streams.count)
    isBusy = Array(repeating: false, count: program.streams.count)
    compute = Array(repeating: ComputeProgress(), count: program.rankCount)
  }

  /// Runs to the end.
  ///
  /// - Precondition: the program's plan is free of deadlock.
  consuming func run() -> StepTimes {
    for stream in program.streams.indices { startNext(on: stream) }
    while let event = kernel.next() { finish(Int(event.payload.operation)) }
    precondition(
      ends.allSatisfy { $0 >= 0 }, "an operation of a checked plan never became ready")
    return StepTimes(
      starts: starts, ends: ends, makespan: ends.max() ?? 0,
      fingerprint: kernel.fingerprint.hexadecimal)
  }

  private mutating func finish(_ index: Int) {
    let operation = program.operations[index]
    ends[index] = kernel.now.picoseconds
    let stream = streamIndex(operation)
    isBusy[stream] = false
    if operation.stream == Stream.compute.rawValue {
      compute[Int(operation.rank)].operation = -1
    }
    for successor in successors.of(index) {
      missing[Int(successor)] -= 1
      if missing[Int(successor)] == 0 {
        startNext(on: streamIndex(program.operations[Int(successor)]))
      }
    }
    startNext(on: stream)
    if operation.kind.holdsSMs { setPace(rank: Int(operation.rank)) }
  }

  private func streamIndex(_ operation: Operation) -> Int {
    Int(operation.rank) * Stream.allCases.count + Int(operation.stream)
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream], next[stream] < program.streams[stream].count else { return }
    let index = program.streams[stream][next[stream]]
    guard missing[Int(index)] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    starts[Int(index)] = kernel.now.picoseconds
    let operation = program.operations[Int(index)]
    let rank = Int(operation.rank)
    let isCompute = operation.stream == Stream.compute.rawValue
    let duration =
      isCompute && compute[rank].isBesideCommunication
      ? operation.besideCommunication : operation.alone
    let handle = kernel.schedule(
      after: SimDuration(picoseconds: duration), OperationEnd(operation: UInt32(index)))
    if isCompute {
      compute[rank].operation = index
      compute[rank].handle = handle
      compute[rank].remaining = duration
      compute[rank].since = kernel.now.picoseconds
    } else if operation.kind.holdsSMs {
      setPace(rank: rank)
    }
  }

  /// Brings a rank's computation to the pace that its communication stream leaves.
  private mutating func setPace(rank: Int) {
    let stream = rank * Stream.allCases.count + Stream.communication.rawValue
    let holdsSMs = isBusy[stream] && isHoldingSMs(stream)
    guard holdsSMs != compute[rank].isBesideCommunication else { return }
    compute[rank].isBesideCommunication = holdsSMs
    let index = compute[rank].operation
    guard index >= 0, let handle = compute[rank].handle else { return }
    let operation = program.operations[Int(index)]
    let (old, new) =
      holdsSMs
      ? (operation.alone, operation.besideCommunication)
      : (operation.besideCommunication, operation.alone)
    guard old != new, old > 0 else { return }
    let now = kernel.now.picoseconds
    let left = compute[rank].remaining - (now - compute[rank].since)
    let product = left.multipliedFullWidth(by: new)
    let stretched = old.dividingFullWidth(product).quotient
    kernel.cancel(handle)
    compute[rank].handle = kernel.schedule(
      after: SimDuration(picoseconds: stretched), OperationEnd(operation: UInt32(index)))
    compute[rank].remaining = stretched
    compute[rank].since = now
  }

  private func isHoldingSMs(_ stream: Int) -> Bool {
    let running = program.streams[stream][next[stream] - 1]
    return program.operations[Int(running)].kind.holdsSMs
  }
}

/// Who waits for whom, in flat arrays.
private struct Successors {
  private var offsets: [Int]
  private var targets: [Int32]

  init(_ program: StepProgram) {
    let count = program.operations.count
    offsets = Array(repeating: 0, count: count + 1)
    for inputs in program.inputs { for input in inputs { offsets[Int(input) + 1] += 1 } }
    for index in 0..<count { offsets[index + 1] += offsets[index] }
    targets = Array(repeating: 0, count: offsets[count])
    var filled = offsets
    for (target, inputs) in program.inputs.enumerated() {
      for input in inputs {
        targets[filled[Int(input)]] = Int32(target)
        filled[Int(input)] += 1
      }
    }
  }

  func of(_ operation: Int) -> ArraySlice<Int32> {
    targets[offsets[operation]..<offsets[operation + 1]]
  }
}
