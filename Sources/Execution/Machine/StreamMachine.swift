// Runs a program: each stream executes its operations in order, as soon as their inputs are ready.
//
// While an exchange on another stream of a rank holds streaming multiprocessors, the rank's
// computation runs on the remaining ones; while its bytes move, the two also share memory
// bandwidth. Whenever that changes, the remaining time of the computation is rescaled and its
// scheduled end is cancelled; see StreamMachine+Sharing. The bytes that operations send become
// flows on a network shared by all ranks; see StreamMachine+Network.
//
// The members of each rank run the program in parallel. An exchange is a rendezvous: it ends for
// all members together, since none has received everything before the slowest has sent.

import Cluster
import EventKernel
import Units

/// An event of the machine.
enum MachineEvent: EventPayload {
  /// An operation ends, or the last byte of one of its phases arrives.
  case operationEnd(UInt32)
  /// All flows that start or end in this instant have done so.
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
package struct StreamMachine: ~Copyable {
  let program: StreamProgram
  let layout: FlatProgram
  var kernel = SimulationKernel<MachineEvent, FourAryHeap>()
  var traffic: ProgramTraffic
  let representatives: Representatives
  let memberCount: Int
  let durations: MemberDurations?
  /// Ordered by member, in the order in which results are read.
  private var starts: [SimTime]
  private var ends: [SimTime]
  private var unfinished: Int
  /// Number of inputs that each operation still waits for.
  private var missing: [Int16]
  /// Position of each stream's next operation in its list.
  private var next: [Int32]
  private var isBusy: [Bool]
  var computing: [Computation?]
  /// Operations in progress that share the rank's GPU with its computation, and those of them whose
  /// bytes are moving.
  var sharers: [Int16]
  var movers: [Int16]
  /// Whether the operation on a stream is one of the movers.
  var isMoving: [Bool]

  /// The operation on a rank's stream 0.
  struct Computation {
    var operation: OperationID
    var end: EventHandle
    /// When its pace changed last.
    var since: SimTime
    /// Time that remained before that instant, at a pace at which all of it takes `total`. Changes
    /// within an instant start from it, so that their number and order have no effect.
    var left: SimDuration
    var total: SimDuration
    /// Time that remains from `since` at the present pace.
    var remaining: SimDuration
    /// The pace of an exchange beside it.
    var exchangePace: Double
  }

  /// - Parameters:
  ///   - program: the operations to run, on the streams of each rank.
  ///   - transfers: the program's transfers on their links; none if no operation sends.
  ///   - durations: durations of computations that differ between members.
  ///   - shares: how much each member sends of transfers in which members differ.
  package init(
    _ program: StreamProgram, transfers: PlacedTransfers = .none, durations: MemberDurations? = nil,
    shares: MemberShares? = nil
  ) {
    self.program = program
    representatives = program.representatives
    memberCount = program.memberCount
    self.durations = durations
    layout = FlatProgram(program)
    let count = memberCount
    unfinished = count * program.operations.count
    starts = Array(repeating: .zero, count: unfinished)
    ends = starts
    missing = program.inputs.flatMap { repeatElement(Int16($0.count), count: count) }
    next = layout.streamStarts.dropLast().flatMap { repeatElement($0, count: count) }
    isBusy = Array(repeating: false, count: count * program.streams.count)
    computing = Array(repeating: nil, count: count * program.rankCount)
    sharers = Array(repeating: 0, count: count * program.rankCount)
    movers = sharers
    isMoving = isBusy
    traffic = ProgramTraffic(program, transfers, shares: shares)
  }

  /// Runs to the end.
  ///
  /// - Precondition: the program is free of deadlock.
  package consuming func run() -> StreamTimes {
    for stream in isBusy.indices { startNext(on: stream) }
    while let event = kernel.next() {
      switch event.payload {
      case .operationEnd(let operation): end(Int(operation))
      case .networkChanged: scheduleWakeUp()
      case .flowsDrained: drainNetwork()
      }
    }
    precondition(unfinished == 0, "an operation of a checked program never became ready")
    traffic.checkConservation()
    return StreamTimes(
      starts: starts, ends: ends, fingerprint: kernel.fingerprint.hexadecimal,
      representatives: representatives, rendezvous: traffic.rendezvous)
  }

  private mutating func end(_ index: Int) {
    let (id, member) = operation(index)
    let operation = program.operations[id.index]
    guard let sending = operation.sending else { return finish(id, operation, member: member) }
    if startsNextPhase(sending, stream: streamIndex(operation, member: member), member: member) {
      return
    }
    guard let rendezvous = sending.rendezvous,
      let (group, size) = representatives.sharedGroup(level: rendezvous.level, of: member)
    else { return finish(id, operation, member: member) }
    guard traffic.departs(id, group: group, of: size, member: member, at: kernel.now) else {
      return stopMoving(operation, member: member)
    }
    for member in representatives.members(level: rendezvous.level, group: group) {
      finish(id, operation, member: member)
    }
  }

  private mutating func finish(_ id: OperationID, _ operation: StreamOperation, member: Int) {
    ends[timePlace(id, member: member)] = kernel.now
    unfinished -= 1
    let stream = streamIndex(operation, member: member)
    let wasMoving = isMoving[stream]
    (isBusy[stream], isMoving[stream]) = (false, false)
    if operation.stream == 0 { computing[rankIndex(operation, member: member)] = nil }
    for position in layout.successors(of: id) {
      let successor = layout.successorList[position].index
      let index = successor * memberCount + member
      missing[index] -= 1
      if missing[index] == 0 {
        startNext(on: streamIndex(program.operations[successor], member: member))
      }
    }
    startNext(on: stream)
    if operation.sharesGPU {
      share(rankIndex(operation, member: member), sharers: -1, movers: wasMoving ? -1 : 0)
    } else if operation.stream == 0 {
      paceExchanges(rankIndex(operation, member: member))
    }
  }

  /// The operation, and its member, that a number across all members denotes.
  @inline(__always)
  private func operation(_ index: Int) -> (id: OperationID, member: Int) {
    if memberCount == 1 { return (OperationID(index), 0) }
    let (local, member) = index.quotientAndRemainder(dividingBy: memberCount)
    return (OperationID(local), member)
  }

  func streamIndex(_ operation: StreamOperation, member: Int) -> Int {
    (operation.rank * program.streamsPerRank + operation.stream) * memberCount + member
  }

  func rankIndex(_ operation: StreamOperation, member: Int) -> Int {
    operation.rank * memberCount + member
  }

  private func timePlace(_ operation: OperationID, member: Int) -> Int {
    member * program.operations.count + operation.index
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream] else { return }
    let (local, member) = stream.quotientAndRemainder(dividingBy: memberCount)
    guard next[stream] < layout.streamStarts[local + 1] else { return }
    let id = layout.streamList[Int(next[stream])]
    let index = id.index * memberCount + member
    guard missing[index] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    starts[timePlace(id, member: member)] = kernel.now
    let operation = program.operations[id.index]
    switch operation.effort {
    case .sends(let sending): startTransfer(id, operation, sending, member: member)
    case .takes where operation.stream == 0: startComputing(id, operation, member: member)
    case .takes(let time, _):
      kernel.schedule(after: time.alone, .operationEnd(UInt32(index)))
      startMoving(operation, member: member)
    }
    if operation.sharesGPU { share(rankIndex(operation, member: member), sharers: 1) }
  }

  /// The number, across all members, of the operation that a stream is running.
  ///
  /// - Precondition: the stream is busy.
  func runningOperation(on stream: Int) -> Int {
    layout.streamList[Int(next[stream]) - 1].index * memberCount + stream % memberCount
  }
}
