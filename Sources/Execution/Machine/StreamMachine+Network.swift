// Transfers as flows. All changes of an instant take effect together, after everything else in that
// instant; then the network reports when the next flow will drain.

import Cluster
import EventKernel
import Units

extension StreamMachine {
  /// Starts the transfer of an operation once all GPUs that start it together have arrived.
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
        startMoving(operation, member: member)
      }
    } else {
      advanceNetwork()
      traffic.start(sending, stream: streamIndex(operation, member: member), member: member)
      startMoving(operation, member: member)
    }
    noteChange()
  }

  /// Starts the next phase of an operation after one has ended; false if that was the last.
  mutating func startsNextPhase(
    _ sending: StreamOperation.Sending, stream: Int, member: Int
  ) -> Bool {
    advanceNetwork()
    guard traffic.startNextPhase(sending, stream: stream, member: member) else { return false }
    noteChange()
    return true
  }

  /// Schedules the next wake-up of the network, after all changes of an instant.
  mutating func scheduleWakeUp() {
    traffic.isChanged = false
    if let time = traffic.network.nextCompletion() {
      kernel.reschedule(&traffic.wakeUp, at: time, .flowsDrained)
    } else if let handle = traffic.wakeUp {
      kernel.cancel(handle)
      traffic.wakeUp = nil
    }
  }

  /// Removes the flows that have drained by now.
  mutating func drainNetwork() {
    traffic.wakeUp = nil
    takeDrained()
    noteChange()
  }

  /// Advances the network to the current time if it lags behind.
  mutating func advanceNetwork() {
    if traffic.network.now < kernel.now { takeDrained() }
  }

  /// Removes the flows that have drained by now, including flows of zero bytes that started in this
  /// instant. An operation whose phase has drained ends one latency later.
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

  mutating func noteChange() {
    guard !traffic.isChanged else { return }
    traffic.isChanged = true
    kernel.schedule(at: kernel.now, priority: .last, .networkChanged)
  }
}
