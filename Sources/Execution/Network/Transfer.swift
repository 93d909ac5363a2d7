// What an operation sends over links: flows side by side, in one phase after another.
//
// A phase is over when the last of its flows has drained and its last byte has arrived. A
// hierarchical exchange has a phase for NVLink and one for the network; dispatch and combine have
// one phase in which both legs flow, because their kernels forward in chunks.

import Units

/// One flow of a transfer.
package struct TransferFlow: Hashable, Sendable {
  /// Links that it crosses, numbered by `GPULinks`.
  package var path: [Int32]
  /// Its size.
  package var bytes: Double
  /// Its share of a link is in proportion.
  package var weight: Double
  /// What `MemberShares` knows it by, where members differ in how much of it they send.
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
  /// The flows of each member where they take different routes, links numbered through all members;
  /// empty where each has `flows` on its own ports.
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

  /// How long its flows take on links that carry nothing else, each link's bytes side by side.
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
