// Runs a program: streams take their operations in order, each when its inputs are there.
//
// While an operation on another stream holds streaming multiprocessors of a rank, the computation
// beside it goes on at the pace of those that are left: what remains of it is stretched or shrunk
// whenever that changes, and its old end is cancelled. What an operation sends is flows on a
// network that all ranks share; see StreamMachine+Network.
//
// Replicas of a program run side by side. They meet where they exchange, and leave together: nobody
// has all that is sent to it before the slowest has sent.

import Cluster
import EventKernel
import Units

/// What happens in the machine.
enum MachineEvent: EventPayload {
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

/// One program in progress.
public struct StreamMachine: ~Copyable {
  let program: StreamProgram
  let layout: FlatProgram
  var kernel = SimulationKernel<MachineEvent, FourAryHeap>()
  var traffic: ProgramTraffic
  private let durations: ReplicaDurations?
  private var starts: [Int64]
  private var ends: [Int64]
  /// Inputs that an operation still waits for.
  private var missing: [Int16]
  /// Position of each stream's next operation in the layout's list.
  private var next: [Int32]
  private var isBusy: [Bool]
  private var compute: [ComputeProgress]
  /// Operations of each rank that hold SMs at the moment.
  private var holders: [Int16]

  /// The operation on a rank's stream 0.
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
  ///   - durations: the times of computations that differ between replicas.
  ///   - shares: what replicas send of transfers in which they differ.
  public init(
    _ program: StreamProgram, links: GPULinks = .none, durations: ReplicaDurations? = nil,
    shares: ReplicaShares? = nil
  ) {
    self.program = program
    self.durations = durations
    layout = FlatProgram(program)
    let count = program.replicaCount
    starts = Array(repeating: -1, count: count * program.operations.count)
    ends = starts
    missing = program.inputs.flatMap { repeatElement(Int16($0.count), count: count) }
    next = layout.streamStarts.dropLast().flatMap { repeatElement($0, count: count) }
    isBusy = Array(repeating: false, count: count * program.streams.count)
    compute = Array(repeating: ComputeProgress(), count: count * program.rankCount)
    holders = Array(repeating: 0, count: count * program.rankCount)
    traffic = ProgramTraffic(program, links: links, shares: shares)
  }

  /// Runs to the end.
  ///
  /// - Precondition: the program is free of deadlock.
  public consuming func run() -> StreamTimes {
    for stream in isBusy.indices { startNext(on: stream) }
    while let event = kernel.next() {
      switch event.payload {
      case .operationEnd(let operation): end(Int(operation))
      case .networkChanged: settleNetwork()
      case .flowsDrained: drainNetwork()
      }
    }
    precondition(
      ends.allSatisfy { $0 >= 0 }, "an operation of a checked program never became ready")
    traffic.checkConservation()
    return StreamTimes(
      starts: starts, ends: ends, makespan: ends.max() ?? 0,
      fingerprint: kernel.fingerprint.hexadecimal, replicaCount: program.replicaCount,
      meetings: traffic.meetings)
  }

  private mutating func end(_ index: Int) {
    let place = place(index)
    let operation = program.operations[place.local]
    if startsNextPhase(operation, replica: place.replica) { return }
    let size = Int(operation.groupSize)
    guard size > 1 && operation.transfer >= 0 else {
      return finish(place.local, operation, replica: place.replica)
    }
    let group = place.replica / size
    guard traffic.departs(place.local, group: group, of: size) else { return }
    for replica in group * size..<(group + 1) * size {
      finish(place.local, operation, replica: replica)
    }
  }

  private mutating func finish(_ local: Int, _ operation: StreamOperation, replica: Int) {
    ends[local * program.replicaCount + replica] = kernel.now.picoseconds
    let stream = streamIndex(operation, replica: replica)
    isBusy[stream] = false
    if operation.stream == 0 { compute[rankIndex(operation, replica: replica)].operation = -1 }
    for position in layout.successors(of: local) {
      let successor = Int(layout.successorList[position])
      let index = successor * program.replicaCount + replica
      missing[index] -= 1
      if missing[index] == 0 {
        startNext(on: streamIndex(program.operations[successor], replica: replica))
      }
    }
    startNext(on: stream)
    if operation.holdsSMs { addHolders(-1, rankIndex(operation, replica: replica)) }
  }

  /// The replica of a number, and the number in the program.
  @inline(__always)
  private func place(_ index: Int) -> (replica: Int, local: Int) {
    if program.replicaCount == 1 { return (0, index) }
    let (local, replica) = index.quotientAndRemainder(dividingBy: program.replicaCount)
    return (replica, local)
  }

  func streamIndex(_ operation: StreamOperation, replica: Int) -> Int {
    (Int(operation.rank) * program.streamsPerRank + Int(operation.stream)) * program.replicaCount
      + replica
  }

  private func rankIndex(_ operation: StreamOperation, replica: Int) -> Int {
    Int(operation.rank) * program.replicaCount + replica
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream] else { return }
    let place = place(stream)
    guard next[stream] < layout.streamStarts[place.local + 1] else { return }
    let local = Int(layout.streamList[Int(next[stream])])
    let index = local * program.replicaCount + place.replica
    guard missing[index] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    starts[index] = kernel.now.picoseconds
    let operation = program.operations[local]
    if operation.stream == 0 {
      startComputing(index, operation, replica: place.replica)
    } else {
      if operation.transfer >= 0 {
        startTransfer(local, operation, replica: place.replica)
      } else {
        kernel.schedule(after: operation.time.alone, .operationEnd(UInt32(index)))
      }
      if operation.holdsSMs { addHolders(1, rankIndex(operation, replica: place.replica)) }
    }
  }

  private mutating func startComputing(_ index: Int, _ operation: StreamOperation, replica: Int) {
    let rank = rankIndex(operation, replica: replica)
    let time = time(of: operation, replica: replica)
    let duration = compute[rank].isBesideCommunication ? time.besideCommunication : time.alone
    compute[rank].handle = kernel.schedule(after: duration, .operationEnd(UInt32(index)))
    compute[rank].operation = Int32(index)
    compute[rank].remaining = duration.picoseconds
    compute[rank].since = kernel.now.picoseconds
  }

  /// The time of a computation on a replica.
  private func time(of operation: StreamOperation, replica: Int) -> ComputeTime {
    guard let durations, operation.variant >= 0 else { return operation.time }
    let time = durations.time(operation.variant, replica: replica)
    // A kernel that leaves others their SMs whether one runs or not does so on every replica.
    let isReserved = operation.time.alone == operation.time.besideCommunication
    return isReserved ? ComputeTime(time.besideCommunication) : time
  }

  /// Counts an operation that starts or ends to hold SMs, and brings the rank's computation to the
  /// pace that this leaves.
  private mutating func addHolders(_ change: Int16, _ rank: Int) {
    holders[rank] += change
    let holdsSMs = holders[rank] > 0
    guard holdsSMs != compute[rank].isBesideCommunication else { return }
    compute[rank].isBesideCommunication = holdsSMs
    let index = compute[rank].operation
    guard index >= 0, let handle = compute[rank].handle else { return }
    let place = place(Int(index))
    let time = time(of: program.operations[place.local], replica: place.replica)
    let pace = (time.alone.picoseconds, time.besideCommunication.picoseconds)
    let (old, new) = holdsSMs ? pace : (pace.1, pace.0)
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

  /// The operation that a stream is at.
  ///
  /// - Precondition: the stream is busy.
  func runningOperation(on stream: Int) -> Int {
    Int(layout.streamList[Int(next[stream]) - 1]) * program.replicaCount + place(stream).replica
  }
}
