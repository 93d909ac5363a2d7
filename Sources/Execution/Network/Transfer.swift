// What an operation sends over links: flows side by side, in phases one after the other.
//
// A phase is over when the last of its flows has drained and its last byte has arrived. A
// hierarchical exchange has a phase for NVLink and one for the network; dispatch and combine have
// one phase in which both legs flow, because their kernels forward in chunks.

import Units

/// One flow of a transfer.
public struct TransferFlow: Hashable, Sendable {
  /// Links that it crosses, numbered by `GPULinks`.
  public var path: [Int32]
  /// Its size.
  public var bytes: Double

  public init(path: [Int32], bytes: Double) {
    self.path = path
    self.bytes = bytes
  }
}

/// Flows that start together.
public struct TransferPhase: Hashable, Sendable {
  public var flows: [TransferFlow]
  /// How long the last byte travels after it has left.
  public var latency: SimDuration

  public init(flows: [TransferFlow], latency: SimDuration) {
    self.flows = flows
    self.latency = latency
  }
}

/// The flows of one operation.
public struct Transfer: Hashable, Sendable {
  public var phases: [TransferPhase]

  public init(phases: [TransferPhase]) { self.phases = phases }

  /// How long it takes on links that carry nothing else.
  ///
  /// - Precondition: no two flows of a phase share a link.
  public func aloneDuration(on links: GPULinks) -> SimDuration {
    phases.reduce(.zero) { sum, phase in
      let seconds = phase.flows.map { flow in
        flow.path.map { flow.bytes / links.capacities[Int($0)].value }.max() ?? 0
      }
      return sum + SimDuration(seconds: seconds.max() ?? 0) + phase.latency
    }
  }
}
