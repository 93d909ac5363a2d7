// Runs a program on the event kernel: streams take their operations in order, each when its inputs
// are there. While an exchange runs on a GPU the computation beside it goes at the pace of the
// multiprocessors that are left; what remains of it is stretched or shrunk when that changes.

import EventKernel
import Units

/// The end of an operation.
struct PieceEnd: EventPayload {
  var operation: UInt32

  var fingerprintWord: UInt64 { UInt64(operation) }
}

/// When each operation ran.
struct InferenceTimes {
  var starts: [Int64]
  var ends: [Int64]
  /// The last end.
  var makespan: Int64
  var fingerprint: String
}

/// One step in progress.
struct InferenceMachine: ~Copyable {
  private let program: InferenceProgram
  /// Operations of each stream in order: compute of GPU g at 2g, communication at 2g + 1.
  private let streams: [[Int]]
  private let successors: [[Int]]
  private var kernel = SimulationKernel<PieceEnd, FourAryHeap>()
  private var times: InferenceTimes
  /// Inputs that an operation still waits for.
  private var missing: [Int]
  /// Position of each stream's next operation, and whether one runs.
  private var next: [Int]
  private var isBusy: [Bool]
  /// The computation under way on each GPU.
  private var compute: [Progress]

  private struct Progress {
    var operation = -1
    var handle: EventHandle?
    /// What is left at `since`, in picoseconds of the present pace.
    var remaining: Int64 = 0
    var since: Int64 = 0
    var isBesideExchange = false
  }

  init(_ program: InferenceProgram) {
    self.program = program
    var streams = [[Int]](repeating: [], count: 2 * program.gpuCount)
    var successors = [[Int]](repeating: [], count: program.operations.count)
    for (index, operation) in program.operations.enumerated() {
      streams[Self.stream(of: operation)].append(index)
      for input in operation.inputs { successors[input].append(index) }
    }
    self.streams = streams
    self.successors = successors
    let none = [Int64](repeating: -1, count: program.operations.count)
    times = InferenceTimes(starts: none, ends: none, makespan: 0, fingerprint: "")
    missing = program.operations.map(\.inputs.count)
    next = Array(repeating: 0, count: streams.count)
    isBusy = Array(repeating: false, count: streams.count)
    compute = Array(repeating: Progress(), count: program.gpuCount)
  }

  private static func stream(of operation: StepOperation) -> Int {
    2 * operation.gpu + (operation.kind.isExchange ? 1 : 0)
  }

  /// Runs to the end.
  ///
  /// - Precondition: no operation waits for one that its own stream runs later.
  consuming func run() -> InferenceTimes {
    for stream in streams.indices { startNext(on: stream) }
    while let event = kernel.next() { finish(Int(event.payload.operation)) }
    precondition(times.ends.allSatisfy { $0 >= 0 }, "an operation never became ready")
    times.makespan = times.ends.max() ?? 0
    times.fingerprint = kernel.fingerprint.hexadecimal
    return times
  }

  private mutating func finish(_ index: Int) {
    let operation = program.operations[index]
    let stream = Self.stream(of: operation)
    times.ends[index] = kernel.now.picoseconds
    isBusy[stream] = false
    if !operation.kind.isExchange { compute[operation.gpu].operation = -1 }
    for successor in successors[index] {
      missing[successor] -= 1
      if missing[successor] == 0 {
        startNext(on: Self.stream(of: program.operations[successor]))
      }
    }
    startNext(on: stream)
    if operation.kind.isExchange { setPace(gpu: operation.gpu) }
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream], next[stream] < streams[stream].count else { return }
    let index = streams[stream][next[stream]]
    guard missing[index] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    times.starts[index] = kernel.now.picoseconds
    let operation = program.operations[index]
    let isExchange = operation.kind.isExchange
    let gpu = operation.gpu
    let duration =
      !isExchange && compute[gpu].isBesideExchange ? operation.besideExchange : operation.alone
    let handle = kernel.schedule(after: duration, PieceEnd(operation: UInt32(index)))
    guard !isExchange else { return setPace(gpu: gpu) }
    compute[gpu].operation = index
    compute[gpu].handle = handle
    compute[gpu].remaining = duration.picoseconds
    compute[gpu].since = kernel.now.picoseconds
  }

  /// Brings a GPU's computation to the pace that its communication stream leaves.
  private mutating func setPace(gpu: Int) {
    let isBeside = isBusy[2 * gpu + 1]
    guard isBeside != compute[gpu].isBesideExchange else { return }
    compute[gpu].isBesideExchange = isBeside
    let index = compute[gpu].operation
    guard index >= 0, let handle = compute[gpu].handle else { return }
    let operation = program.operations[index]
    let pace = (operation.alone.picoseconds, operation.besideExchange.picoseconds)
    let (old, new) = isBeside ? pace : (pace.1, pace.0)
    guard old != new, old > 0 else { return }
    let now = kernel.now.picoseconds
    let left = compute[gpu].remaining - (now - compute[gpu].since)
    let stretched = old.dividingFullWidth(left.multipliedFullWidth(by: new)).quotient
    kernel.cancel(handle)
    compute[gpu].handle = kernel.schedule(
      after: SimDuration(picoseconds: stretched), PieceEnd(operation: UInt32(index)))
    compute[gpu].remaining = stretched
    compute[gpu].since = now
  }
}
