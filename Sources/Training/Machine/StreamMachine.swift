// Runs a program: streams take their operations in order, each when its inputs are there.
//
// While an exchange with the experts holds streaming multiprocessors of a rank, the computation
// beside it goes on at the pace of those that are left: what remains of it is stretched or shrunk
// whenever that changes, and its old end is cancelled. What an operation sends is flows on a
// network that all ranks share; see StreamMachine+Network.
//
// A program describes one pipeline. With replicas it runs many times side by side, one for each GPU
// of a rank: operation o of replica d has the number o x replicas + d, and likewise streams and
// ranks, so that replicas in step with each other lie side by side. They meet where they exchange.

import Cluster
import EventKernel
import Units

/// What happens in a step.
enum StepEvent: EventPayload {
  /// An operation ends, or the last byte of one of its phases arrives.
  case operationEnd(UInt32)
  /// Flows have started or ended in this instant, and all that do have.
  case networkChanged
  /// The next flow has drained.
  case flowsDrained

  var fingerprintWord: UInt64 {
    switch self {
    case .operationEnd(let operation): UInt64(operation)
    case .networkChanged: 1 << 32
    case .flowsDrained: 2 << 32
    }
  }
}

/// One step in progress.
struct StreamMachine: ~Copyable {
  let program: StepProgram
  let replicas: ReplicaSet
  let layout: FlatProgram
  var kernel = SimulationKernel<StepEvent, FourAryHeap>()
  var traffic: StepTraffic
  private let experts: ExpertDurations?
  private var starts: [Int64]
  private var ends: [Int64]
  /// Inputs that an operation still waits for.
  private var missing: [Int16]
  /// Position of each stream's next operation in the layout's list.
  private var next: [Int32]
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

  /// - Parameters:
  ///   - links: what the flows of the program's transfers cross; operations without a transfer take
  ///     the duration that they have alone.
  ///   - experts: the times of experts that differ between replicas.
  init(
    _ program: StepProgram, links: StepLinks = .none, replicas: ReplicaSet = .one,
    experts: ExpertDurations? = nil
  ) {
    self.program = program
    self.replicas = replicas
    self.experts = experts
    layout = FlatProgram(program)
    let count = replicas.count
    starts = Array(repeating: -1, count: count * program.operations.count)
    ends = starts
    missing = program.inputs.flatMap { repeatElement(Int16($0.count), count: count) }
    next = layout.streamStarts.dropLast().flatMap { repeatElement($0, count: count) }
    isBusy = Array(repeating: false, count: count * program.streams.count)
    compute = Array(repeating: ComputeProgress(), count: count * program.rankCount)
    traffic = StepTraffic(program, links: links, replicas: replicas)
  }

  /// Runs to the end.
  ///
  /// - Precondition: the program's plan is free of deadlock.
  consuming func run() -> StepTimes {
    for stream in isBusy.indices { startNext(on: stream) }
    while let event = kernel.next() {
      switch event.payload {
      case .operationEnd(let operation): end(Int(operation))
      case .networkChanged: settleNetwork()
      case .flowsDrained: drainNetwork()
      }
    }
    precondition(
      ends.allSatisfy { $0 >= 0 }, "an operation of a checked plan never became ready")
    traffic.checkConservation()
    return StepTimes(
      starts: starts, ends: ends, makespan: ends.max() ?? 0,
      fingerprint: kernel.fingerprint.hexadecimal, replicaCount: replicas.count,
      meetings: traffic.meetings)
  }

  private mutating func end(_ index: Int) {
    let place = replicas.place(index)
    let operation = program.operations[place.local]
    if startsNextPhase(operation, replica: place.replica) { return }
    ends[index] = kernel.now.picoseconds
    let stream = streamIndex(operation, replica: place.replica)
    isBusy[stream] = false
    if operation.stream == Stream.compute.rawValue {
      compute[rankIndex(operation, replica: place.replica)].operation = -1
    }
    for position in layout.successors(of: place.local) {
      let successor = Int(layout.successorList[position])
      let index = successor * replicas.count + place.replica
      missing[index] -= 1
      if missing[index] == 0 {
        startNext(on: streamIndex(program.operations[successor], replica: place.replica))
      }
    }
    startNext(on: stream)
    if operation.kind.holdsSMs { setPace(beside: operation, replica: place.replica) }
  }

  func streamIndex(_ operation: Operation, replica: Int) -> Int {
    (Int(operation.rank) * Stream.allCases.count + Int(operation.stream)) * replicas.count + replica
  }

  private func rankIndex(_ operation: Operation, replica: Int) -> Int {
    Int(operation.rank) * replicas.count + replica
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream] else { return }
    let place = replicas.place(stream)
    guard next[stream] < layout.streamStarts[place.local + 1] else { return }
    let local = Int(layout.streamList[Int(next[stream])])
    let index = local * replicas.count + place.replica
    guard missing[index] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    starts[index] = kernel.now.picoseconds
    let operation = program.operations[local]
    if operation.stream == Stream.compute.rawValue {
      startComputing(index, operation, replica: place.replica)
    } else {
      if operation.transfer >= 0 {
        startTransfer(local, operation, replica: place.replica)
      } else {
        kernel.schedule(
          after: SimDuration(picoseconds: operation.alone), .operationEnd(UInt32(index)))
      }
      if operation.kind.holdsSMs { setPace(beside: operation, replica: place.replica) }
    }
  }

  private mutating func startComputing(_ index: Int, _ operation: Operation, replica: Int) {
    let rank = rankIndex(operation, replica: replica)
    let (alone, beside) = durations(of: operation, replica: replica)
    let duration = compute[rank].isBesideCommunication ? beside : alone
    compute[rank].handle = kernel.schedule(
      after: SimDuration(picoseconds: duration), .operationEnd(UInt32(index)))
    compute[rank].operation = Int32(index)
    compute[rank].remaining = duration
    compute[rank].since = kernel.now.picoseconds
  }

  /// Picoseconds of a computation with all SMs, and beside communication.
  private func durations(of operation: Operation, replica: Int) -> (alone: Int64, beside: Int64) {
    guard let experts, operation.experts >= 0 else {
      return (operation.alone, operation.besideCommunication)
    }
    let time = experts.time(operation.experts, gpu: replica % replicas.expertGroup)
    let beside = time.besideCommunication.picoseconds
    // A pair that leaves the exchange its SMs does so on every GPU.
    let isReserved = operation.alone == operation.besideCommunication
    return (isReserved ? beside : time.alone.picoseconds, beside)
  }

  /// Brings a rank's computation to the pace that an exchange which starts or ends leaves.
  private mutating func setPace(beside exchange: Operation, replica: Int) {
    let rank = rankIndex(exchange, replica: replica)
    let stream = streamIndex(exchange, replica: replica)
    let holdsSMs = isBusy[stream] && isHoldingSMs(stream)
    guard holdsSMs != compute[rank].isBesideCommunication else { return }
    compute[rank].isBesideCommunication = holdsSMs
    let index = compute[rank].operation
    guard index >= 0, let handle = compute[rank].handle else { return }
    let (alone, beside) = durations(
      of: program.operations[replicas.place(Int(index)).local], replica: replica)
    let (old, new) = holdsSMs ? (alone, beside) : (beside, alone)
    guard old != new, old > 0 else { return }
    let now = kernel.now.picoseconds
    let left = compute[rank].remaining - (now - compute[rank].since)
    let product = left.multipliedFullWidth(by: new)
    let stretched = old.dividingFullWidth(product).quotient
    kernel.cancel(handle)
    compute[rank].handle = kernel.schedule(
      after: SimDuration(picoseconds: stretched), .operationEnd(UInt32(index)))
    compute[rank].remaining = stretched
    compute[rank].since = now
  }

  private func isHoldingSMs(_ stream: Int) -> Bool {
    program.operations[Int(layout.streamList[Int(next[stream]) - 1])].kind.holdsSMs
  }

  /// The operation that a stream is at.
  ///
  /// - Precondition: the stream is busy.
  func runningOperation(on stream: Int) -> Int {
    Int(layout.streamList[Int(next[stream]) - 1]) * replicas.count + replicas.place(stream).replica
  }
}
