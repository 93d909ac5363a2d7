// Transfers as flows. All changes of an instant take effect together, after everything else that
// happens in it; then the network says when the next flow will have drained.

import Cluster
import EventKernel
import Units

extension StreamMachine {
  /// Starts what an operation sends, once all GPUs that start it together have arrived.
  mutating func startTransfer(
    _ id: OperationID, _ operation: StreamOperation, _ sending: StreamOperation.Sending,
    member: Int
  ) {
    if let rendezvous = sending.rendezvous, rendezvous.startsTogether,
      let (group, size) = representatives.sharedGroup(level: rendezvous.level, of: member)
    {
      guard traffic.arrives(id, group: group, of: size, at: kernel.now) else { return }
      advanceNetwork()
      for member in representatives.members(level: rendezvous.level, group: group) {
        traffic.start(sending, stream: streamIndex(operation, member: member), member: member)
      }
    } else {
      advanceNetwork()
      traffic.start(sending, stream: streamIndex(operation, member: member), member: member)
    }
    noteChange()
  }

  /// Goes on with the next phase of an operation whose phase is over; false if that was the last.
  mutating func startsNextPhase(
    _ sending: StreamOperation.Sending, stream: Int, member: Int
  ) -> Bool {
    advanceNetwork()
    guard traffic.startNextPhase(sending, stream: stream, member: member) else { return false }
    noteChange()
    return true
  }

  /// Asks the network when to wake up, after all changes of an instant.
  mutating func scheduleWakeUp() {
    traffic.isChanged = false
    if let time = traffic.network.nextCompletion() {
      kernel.reschedule(&traffic.wakeUp, at: time, .flowsDrained)
    } else if let handle = traffic.wakeUp {
      kernel.cancel(handle)
      traffic.wakeUp = nil
    }
  }

  /// Takes out what has drained by now.
  mutating func drainNetwork() {
    traffic.wakeUp = nil
    takeDrained()
    noteChange()
  }

  /// Advances the network to the present, where it is not there yet.
  private mutating func advanceNetwork() {
    if traffic.network.now < kernel.now { takeDrained() }
  }

  /// Takes out flows that have drained by now, even those that had nothing to send in the instant
  /// they started. An operation whose phase has drained ends a latency later.
  private mutating func takeDrained() {
    traffic.completions.removeAll(keepingCapacity: true)
    traffic.network.advance(to: kernel.now, completions: &traffic.completions)
    for position in traffic.completions.indices {
      let completion = traffic.completions[position]
      guard let latency = traffic.drained(completion.tag) else { continue }
      kernel.schedule(
        at: completion.drained + latency,
        .operationEnd(UInt32(runningOperation(on: completion.tag))))
    }
  }

  private mutating func noteChange() {
    guard !traffic.isChanged else { return }
    traffic.isChanged = true
    kernel.schedule(at: kernel.now, priority: .last, .networkChanged)
  }
}
