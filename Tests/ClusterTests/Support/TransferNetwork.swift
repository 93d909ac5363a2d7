// Operations that send: each starts some flows and ends when the last byte of all of them has
// arrived. Used to check closed forms, and to run plans that simulations do not execute.

import Units

@testable import Cluster

/// One flow of an operation, or several equal flows.
struct FlowRequest: Hashable, Sendable {
  /// The distinct links that it crosses.
  var path: [Int32]
  /// Bytes of one flow.
  var bytes: Double
  /// The number of flows with this path and size that start together. They move as one, at the cost
  /// of one.
  var count: Double
  /// The time that a byte travels.
  var latency: SimDuration

  init(path: [Int32], bytes: Double, count: Double = 1, latency: SimDuration = .zero) {
    self.path = path
    self.bytes = bytes
    self.count = count
    self.latency = latency
  }
}

/// The end of an operation.
struct TransferArrival: Hashable, Sendable {
  /// The number of the operation, as passed to `begin`.
  var operation: Int
  /// When its last byte arrived: at or after the time at which its last flow drained.
  var time: SimTime
}

/// A flow network on which numbered operations send.
///
/// The caller begins operations and wakes up at `nextCompletion()`; `advance(to:)` then reports
/// which operations have sent everything and when their last byte arrives. Every `begin` and
/// `advance` supersedes a planned wake-up: call `nextCompletion()` again.
struct TransferNetwork: ~Copyable {
  /// The flows and links.
  private(set) var network: FlowNetwork
  /// The number of flows of each operation that have not drained.
  private var openFlows: [Int32] = []
  private var lastArrival: [SimTime] = []
  /// Operations that had nothing to send.
  private var idle: [TransferArrival] = []
  private var completions: [FlowCompletion] = []

  /// Makes an idle network at time zero.
  ///
  /// - Precondition: as for `FlowNetwork`.
  init(capacities: [BytesPerSecond], longestPath: Int) {
    network = FlowNetwork(capacities: capacities, longestPath: longestPath)
  }

  /// Starts an operation now. An operation without flows ends at once.
  ///
  /// Complexity: O(path lengths), and O(operation) once for a number not used before.
  /// - Precondition: the number is not negative, and its last use has ended.
  mutating func begin(_ operation: Int, _ flows: [FlowRequest]) {
    precondition(operation >= 0, "operation \(operation)")
    if operation >= openFlows.count {
      let extra = operation + 1 - openFlows.count
      openFlows.append(contentsOf: repeatElement(0, count: extra))
      lastArrival.append(contentsOf: repeatElement(.zero, count: extra))
    }
    precondition(openFlows[operation] == 0, "operation \(operation) is still sending")
    openFlows[operation] = Int32(flows.count)
    lastArrival[operation] = network.now
    if flows.isEmpty { idle.append(TransferArrival(operation: operation, time: network.now)) }
    for flow in flows {
      network.start(
        path: flow.path, bytes: flow.bytes * flow.count, weight: flow.count,
        latency: flow.latency, tag: operation)
    }
  }

  /// Changes the capacity of a link from now on.
  mutating func setCapacity(_ capacity: BytesPerSecond, ofLink link: Int) {
    network.setCapacity(capacity, ofLink: link)
  }

  /// When the next flow will drain if nothing else happens; nil if none ever will.
  mutating func nextCompletion() -> SimTime? {
    idle.isEmpty ? network.nextCompletion() : network.now
  }

  /// Advances to a time and appends the operations that have sent everything by then.
  ///
  /// - Precondition: the time is not in the past.
  mutating func advance(to time: SimTime, arrivals: inout [TransferArrival]) {
    arrivals.append(contentsOf: idle)
    idle.removeAll(keepingCapacity: true)
    completions.removeAll(keepingCapacity: true)
    network.advance(to: time, completions: &completions)
    for completion in completions {
      let operation = completion.tag
      openFlows[operation] -= 1
      lastArrival[operation] = max(lastArrival[operation], completion.delivered)
      guard openFlows[operation] == 0 else { continue }
      arrivals.append(TransferArrival(operation: operation, time: lastArrival[operation]))
    }
  }
}
