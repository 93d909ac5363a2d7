// Computation and exchanges of a rank on the same GPU: multiprocessors and memory bandwidth.
//
// An exchange that waits for other members holds its multiprocessors but leaves memory alone. While
// its bytes move, computation takes its time beside communication, and the kernels of the exchange
// feed their links at the pace that this computation leaves them.

import EventKernel
import Units

/// What takes a share of a rank's GPU from its computation.
private enum GPUSharing {
  case nothing
  /// An exchange that moves no bytes.
  case multiprocessors
  /// One that does.
  case memory

  func duration(_ time: ComputeTime) -> SimDuration {
    switch self {
    case .nothing: time.alone
    case .multiprocessors: time.onFewerSMs
    case .memory: time.besideCommunication
    }
  }
}

extension StreamMachine {
  mutating func startComputing(_ id: OperationID, _ operation: StreamOperation, member: Int) {
    let rank = rankIndex(operation, member: member)
    let time = time(of: operation, member: member)
    let duration = sharing(rank).duration(time)
    computing[rank] = Computation(
      operation: id, end: scheduleEnd(of: id, member: member, after: duration),
      since: kernel.now, left: duration, total: duration, remaining: duration,
      exchangePace: time.exchangePace)
    paceExchanges(rank)
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
    return common.alone == common.onFewerSMs ? time.reservingSMs : time
  }

  private func sharing(_ rank: Int) -> GPUSharing {
    if movers[rank] > 0 { return .memory }
    return sharers[rank] > 0 ? .multiprocessors : .nothing
  }

  /// Records that the bytes of an operation start to move.
  mutating func startMoving(_ operation: StreamOperation, member: Int) {
    guard operation.sharesGPU else { return }
    isMoving[streamIndex(operation, member: member)] = true
    share(rankIndex(operation, member: member), movers: 1)
  }

  /// Records that a member has sent its part of an operation that others still send.
  mutating func stopMoving(_ operation: StreamOperation, member: Int) {
    let stream = streamIndex(operation, member: member)
    guard isMoving[stream] else { return }
    isMoving[stream] = false
    share(rankIndex(operation, member: member), movers: -1)
  }

  /// Updates the numbers of operations that share the GPU, and the pace of the computation that
  /// runs alongside.
  mutating func share(_ rank: Int, sharers change: Int16 = 0, movers moved: Int16 = 0) {
    let before = sharing(rank)
    sharers[rank] += change
    movers[rank] += moved
    paceExchanges(rank)
    let after = sharing(rank)
    guard after != before, var computation = computing[rank] else { return }
    let id = computation.operation
    let member = rank % memberCount
    let time = time(of: program.operations[id.index], member: member)
    let (old, new) = (before.duration(time), after.duration(time))
    guard old != new, old > .zero else { return }
    if computation.since < kernel.now {
      computation.left = computation.remaining - (kernel.now - computation.since)
      computation.total = old
      computation.since = kernel.now
    }
    let product = computation.left.picoseconds.multipliedFullWidth(by: new.picoseconds)
    let stretched = SimDuration(
      picoseconds: computation.total.picoseconds.dividingFullWidth(product).quotient)
    kernel.cancel(computation.end)
    computation.end = scheduleEnd(of: id, member: member, after: stretched)
    computation.remaining = stretched
    computing[rank] = computation
  }

  /// Lets the exchanges that are moving on a rank run at the pace that its computation leaves them.
  mutating func paceExchanges(_ rank: Int) {
    guard movers[rank] > 0 else { return }
    let pace = computing[rank]?.exchangePace ?? 1
    guard traffic.changesPace(to: pace, rank: rank) else { return }
    advanceNetwork()
    traffic.setPace(pace, rank: rank)
    noteChange()
  }
}
