// Runs a program: each stream executes its operations in order, as soon as their inputs are ready.
//
// While an operation on another stream holds streaming multiprocessors of a rank, the rank's
// computation runs on the remaining ones. Whenever their number changes, the remaining time of the
// computation is rescaled and its scheduled end is cancelled. The bytes that operations send become
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
  private let memberCount: Int
  private let durations: MemberDurations?
  /// Ordered by member, in the order in which results are read.
  private var starts: [SimTime]
  private var ends: [SimTime]
  private var unfinished: Int
  /// Number of inputs that each operation still waits for.
  private var missing: [Int16]
  /// Position of each stream's next operation in its list.
  private var next: [Int32]
  private var isBusy: [Bool]
  private var computing: [Computation?]
  /// Operations of each rank that currently hold SMs.
  private var holders: [Int16]

  /// The operation on a rank's stream 0.
  private struct Computation {
    var operation: OperationID
    var end: EventHandle
    /// Time remaining at `since`, at the current pace.
    var remaining: SimDuration
    var since: SimTime
  }

  /// - Parameters:
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
    holders = Array(repeating: 0, count: count * program.rankCount)
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
      return
    }
    for member in representatives.members(level: rendezvous.level, group: group) {
      finish(id, operation, member: member)
    }
  }

  private mutating func finish(_ id: OperationID, _ operation: StreamOperation, member: Int) {
    ends[timePlace(id, member: member)] = kernel.now
    unfinished -= 1
    let stream = streamIndex(operation, member: member)
    isBusy[stream] = false
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
    if operation.holdsSMs { addHolders(-1, rankIndex(operation, member: member)) }
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

  private func rankIndex(_ operation: StreamOperation, member: Int) -> Int {
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
    case .takes(let time, _): kernel.schedule(after: time.alone, .operationEnd(UInt32(index)))
    }
    if operation.holdsSMs { addHolders(1, rankIndex(operation, member: member)) }
  }

  private mutating func startComputing(
    _ id: OperationID, _ operation: StreamOperation, member: Int
  ) {
    let rank = rankIndex(operation, member: member)
    let time = time(of: operation, member: member)
    let duration = holders[rank] > 0 ? time.besideCommunication : time.alone
    computing[rank] = Computation(
      operation: id, end: scheduleEnd(of: id, member: member, after: duration),
      remaining: duration, since: kernel.now)
  }

  private mutating func scheduleEnd(
    of id: OperationID, member: Int, after duration: SimDuration
  ) -> EventHandle {
    kernel.schedule(after: duration, .operationEnd(UInt32(id.index * memberCount + member)))
  }

  /// The duration of a computation on a member.
  private func time(of operation: StreamOperation, member: Int) -> ComputeTime {
    guard case .takes(let common, let variant) = operation.effort else {
      preconditionFailure("a computation has a duration")
    }
    guard let durations, let variant else { return common }
    let time = durations.time(variant, member: member)
    // A kernel that always leaves these SMs free does so on every member.
    let isReserved = common.alone == common.besideCommunication
    return isReserved ? ComputeTime(time.besideCommunication) : time
  }

  /// Updates the number of operations that hold SMs, and the pace of the computation that runs
  /// alongside.
  private mutating func addHolders(_ change: Int16, _ rank: Int) {
    let before = holders[rank] > 0
    holders[rank] += change
    let holdsSMs = holders[rank] > 0
    guard holdsSMs != before, var computation = computing[rank] else { return }
    let id = computation.operation
    let member = rank % memberCount
    let time = time(of: program.operations[id.index], member: member)
    let pace = (time.alone.picoseconds, time.besideCommunication.picoseconds)
    let (old, new) = holdsSMs ? pace : (pace.1, pace.0)
    guard old != new, old > 0 else { return }
    let left = computation.remaining - (kernel.now - computation.since)
    let product = left.picoseconds.multipliedFullWidth(by: new)
    let stretched = SimDuration(picoseconds: old.dividingFullWidth(product).quotient)
    kernel.cancel(computation.end)
    computation.end = scheduleEnd(of: id, member: member, after: stretched)
    computation.remaining = stretched
    computation.since = kernel.now
    computing[rank] = computation
  }

  /// The number, across all members, of the operation that a stream is running.
  ///
  /// - Precondition: the stream is busy.
  func runningOperation(on stream: Int) -> Int {
    layout.streamList[Int(next[stream]) - 1].index * memberCount + stream % memberCount
  }
}
