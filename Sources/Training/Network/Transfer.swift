// What an operation sends over links: flows side by side, in phases one after the other.
//
// A phase is over when the last of its flows has drained and its last byte has arrived. A
// hierarchical exchange has a phase for NVLink and one for the network; dispatch and combine have
// one phase in which both legs flow, because their kernels forward in chunks.

import Units

/// One flow of a transfer.
struct TransferFlow: Hashable {
  /// Links that it crosses, numbered by `StepLinks`.
  var path: [Int32]
  var bytes: Double
}

/// Flows that start together.
struct TransferPhase: Hashable {
  var flows: [TransferFlow]
  /// How long the last byte travels after it has left.
  var latency: SimDuration
}

/// The flows of one operation.
struct Transfer: Hashable {
  var phases: [TransferPhase]

  /// How long it takes on links that carry nothing else.
  ///
  /// - Precondition: no two flows of a phase share a link.
  func aloneDuration(on links: StepLinks) -> SimDuration {
    phases.reduce(.zero) { sum, phase in
      let seconds = phase.flows.map { flow in
        flow.path.map { flow.bytes / links.capacities[Int($0)].value }.max() ?? 0
      }
      return sum + SimDuration(seconds: seconds.max() ?? 0) + phase.latency
    }
  }
}
