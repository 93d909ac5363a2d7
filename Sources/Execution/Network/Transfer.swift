// The traffic of an operation: parallel flows, in one phase after another.
//
// A phase ends when the last of its flows has drained and its last byte has arrived. A hierarchical
// exchange has one phase for NVLink and one for the network. Dispatch and combine have a single
// phase in which both legs flow, because their kernels forward in chunks.

import Units

/// One flow of a transfer.
package struct TransferFlow: Hashable, Sendable {
  /// Links that it crosses, numbered by `GPULinks`.
  package var path: [Int32]
  /// Bytes of the flow.
  package var bytes: Double
  /// Its share of a link is proportional to this weight.
  package var weight: Double
  /// The flow's index in `MemberShares`, if members differ in how much of it they send.
  package var part: MemberShares.Part?

  package init(
    path: [Int32], bytes: Double, weight: Double = 1, part: MemberShares.Part? = nil
  ) {
    self.path = path
    self.bytes = bytes
    self.weight = weight
    self.part = part
  }
}

/// Flows that start together.
package struct TransferPhase: Hashable, Sendable {
  package var flows: [TransferFlow]
  /// The flows of each member if members take different routes, with links numbered across all
  /// members; empty if each member sends `flows` over its own ports.
  package var memberFlows: [[TransferFlow]] = []
  /// How long the last byte travels after it has left.
  package var latency: SimDuration

  package init(flows: [TransferFlow], latency: SimDuration) {
    self.flows = flows
    self.latency = latency
  }
}

/// The flows of one operation.
package struct Transfer: Hashable, Sendable {
  package var phases: [TransferPhase]

  package init(phases: [TransferPhase]) { self.phases = phases }

  /// Duration of its flows on otherwise idle links, with all links loaded in parallel.
  package func aloneDuration(on links: GPULinks) -> SimDuration {
    phases.reduce(.zero) { sum, phase in
      let seconds = phase.flows.flatMap(\.path).map { link in
        let bytes = phase.flows.reduce(0) { $0 + ($1.path.contains(link) ? $1.bytes : 0) }
        return bytes / links.capacity(of: link).value
      }
      return sum + SimDuration(seconds: seconds.max() ?? 0) + phase.latency
    }
  }
}
