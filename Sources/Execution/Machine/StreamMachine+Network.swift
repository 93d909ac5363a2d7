// Transfers as flows. Changes of one instant are settled together, after everything else that
// happens in it; the network then says when the next flow will have drained.

import Cluster
import EventKernel
import Units

extension StreamMachine {
  /// Starts what an operation sends, once all GPUs that start it together are there.
  mutating func startTransfer(_ local: Int, _ operation: StreamOperation, member: Int) {
    if operation.level > 0, operation.startsTogether {
      let group = representatives.group(level: operation.level, of: member)
      let size = representatives.size(level: operation.level, group: group)
      if size > 1 {
        guard traffic.arrives(local, group: group, of: size, at: kernel.now) else { return }
        bringNetwork()
        for member in representatives.members(level: operation.level, group: group) {
          start(operation, member: Int(member))
        }
        return settleLater()
      }
    }
    bringNetwork()
    start(operation, member: member)
    settleLater()
  }

  private mutating func start(_ operation: StreamOperation, member: Int) {
    traffic.start(
      Int(operation.transfer), variant: operation.variant,
      stream: streamIndex(operation, member: member), member: member)
  }

  /// Goes on with the next phase of an operation whose phase is over; false if that was the last.
  mutating func startsNextPhase(_ operation: StreamOperation, member: Int) -> Bool {
    guard operation.transfer >= 0 else { return false }
    bringNetwork()
    guard
      traffic.startNextPhase(
        Int(operation.transfer), stream: streamIndex(operation, member: member), member: member)
    else { return false }
    settleLater()
    return true
  }

  /// Asks the network when to wake up, after all changes of an instant.
  mutating func settleNetwork() {
    traffic.isChanged = false
    if let time = traffic.network.nextCompletion() {
      kernel.reschedule(&traffic.wakeUp, at: time, .flowsDrained)
    } else if let handle = traffic.wakeUp {
      kernel.cancel(handle)
      traffic.wakeUp = nil
    }
  }

  /// Takes what has drained by now.
  mutating func drainNetwork() {
    traffic.wakeUp = nil
    advanceNetwork()
    settleLater()
  }

  /// Brings the network to the present, where it is not there yet.
  private mutating func bringNetwork() {
    if traffic.network.now < kernel.now { advanceNetwork() }
  }

  /// Takes flows that have drained by now, those that had nothing to send in the instant of their
  /// start. An operation whose phase has drained ends a latency later.
  private mutating func advanceNetwork() {
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

  private mutating func settleLater() {
    guard !traffic.isChanged else { return }
    traffic.isChanged = true
    kernel.schedule(at: kernel.now, priority: .last, .networkChanged)
  }
}
