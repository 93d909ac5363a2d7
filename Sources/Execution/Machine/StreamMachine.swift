// Runs a program: streams take their operations in order, each when its inputs are there.
//
// While an operation on another stream holds streaming multiprocessors of a rank, the computation
// beside it goes on at the pace of those that are left: what remains of it is stretched or shrunk
// whenever that changes, and its old end is cancelled. What an operation sends is flows on a
// network that all ranks share; see StreamMachine+Network.
//
// The members of each rank run the program side by side. They meet where they exchange, and leave
// together: nobody has all that is sent to it before the slowest has sent.

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
  let representatives: Representatives
  private let memberCount: Int
  private let durations: MemberDurations?
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
  ///   - durations: the times of computations that differ between members.
  ///   - shares: what members send of transfers in which they differ.
  public init(
    _ program: StreamProgram, links: GPULinks = .none, durations: MemberDurations? = nil,
    shares: MemberShares? = nil
  ) {
    self.program = program
    representatives = program.representatives
    memberCount = program.memberCount
    self.durations = durations
    layout = FlatProgram(program)
    let count = memberCount
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
      fingerprint: kernel.fingerprint.hexadecimal, representatives: representatives,
      meetings: traffic.meetings)
  }

  private mutating func end(_ index: Int) {
    let place = place(index)
    let operation = program.operations[place.local]
    if startsNextPhase(operation, member: place.member) { return }
    guard operation.level > 0 && operation.transfer >= 0 else {
      return finish(place.local, operation, member: place.member)
    }
    let group = representatives.group(level: operation.level, of: place.member)
    let size = representatives.size(level: operation.level, group: group)
    guard size > 1 else { return finish(place.local, operation, member: place.member) }
    guard
      traffic.departs(
        place.local, group: group, of: size, member: place.member, at: kernel.now)
    else { return }
    for member in representatives.members(level: operation.level, group: group) {
      finish(place.local, operation, member: Int(member))
    }
  }

  private mutating func finish(_ local: Int, _ operation: StreamOperation, member: Int) {
    ends[local * memberCount + member] = kernel.now.picoseconds
    let stream = streamIndex(operation, member: member)
    isBusy[stream] = false
    if operation.stream == 0 { compute[rankIndex(operation, member: member)].operation = -1 }
    for position in layout.successors(of: local) {
      let successor = Int(layout.successorList[position])
      let index = successor * memberCount + member
      missing[index] -= 1
      if missing[index] == 0 {
        startNext(on: streamIndex(program.operations[successor], member: member))
      }
    }
    startNext(on: stream)
    if operation.holdsSMs { addHolders(-1, rankIndex(operation, member: member)) }
  }

  /// The member of a number, and the number in the program.
  @inline(__always)
  private func place(_ index: Int) -> (member: Int, local: Int) {
    if memberCount == 1 { return (0, index) }
    let (local, member) = index.quotientAndRemainder(dividingBy: memberCount)
    return (member, local)
  }

  func streamIndex(_ operation: StreamOperation, member: Int) -> Int {
    (Int(operation.rank) * program.streamsPerRank + Int(operation.stream)) * memberCount
      + member
  }

  private func rankIndex(_ operation: StreamOperation, member: Int) -> Int {
    Int(operation.rank) * memberCount + member
  }

  private mutating func startNext(on stream: Int) {
    guard !isBusy[stream] else { return }
    let place = place(stream)
    guard next[stream] < layout.streamStarts[place.local + 1] else { return }
    let local = Int(layout.streamList[Int(next[stream])])
    let index = local * memberCount + place.member
    guard missing[index] == 0 else { return }
    next[stream] += 1
    isBusy[stream] = true
    starts[index] = kernel.now.picoseconds
    let operation = program.operations[local]
    if operation.stream == 0 {
      startComputing(index, operation, member: place.member)
    } else {
      if operation.transfer >= 0 {
        startTransfer(local, operation, member: place.member)
      } else {
        kernel.schedule(after: operation.time.alone, .operationEnd(UInt32(index)))
      }
      if operation.holdsSMs { addHolders(1, rankIndex(operation, member: place.member)) }
    }
  }

  private mutating func startComputing(_ index: Int, _ operation: StreamOperation, member: Int) {
    let rank = rankIndex(operation, member: member)
    let time = time(of: operation, member: member)
    let duration = compute[rank].isBesideCommunication ? time.besideCommunication : time.alone
    compute[rank].handle = kernel.schedule(after: duration, .operationEnd(UInt32(index)))
    compute[rank].operation = Int32(index)
    compute[rank].remaining = duration.picoseconds
    compute[rank].since = kernel.now.picoseconds
  }

  /// The time of a computation on a member.
  private func time(of operation: StreamOperation, member: Int) -> ComputeTime {
    guard let durations, operation.variant >= 0 else { return operation.time }
    let time = durations.time(operation.variant, member: member)
    // A kernel that leaves others their SMs whether one runs or not does so on every member.
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
    let time = time(of: program.operations[place.local], member: place.member)
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
    Int(layout.streamList[Int(next[stream]) - 1]) * memberCount + place(stream).member
  }
}
