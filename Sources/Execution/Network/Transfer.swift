// The traffic of an operation, without links: legs that run in parallel, in one phase after
// another. A leg says what it crosses and to whom it goes; `LegPlacer` places it on the links of
// the simulated GPUs.
//
// A phase ends when the last of its flows has drained and its last byte has arrived. A hierarchical
// exchange has one phase for the scale-up fabric and one for the network. Dispatch and combine have
// a single phase in which both flow, because their kernels forward in chunks.

import Units

/// The rate of an exchange kernel at which it feeds one of its legs.
package enum KernelRate: Int, CaseIterable, Sendable {
  case dispatchNetwork
  case dispatchScaleUp
  /// Copying and forwarding by the SMs, or the sending of messages.
  case dispatchWork
  case combineNetwork
  case combineScaleUp
  case combineWork
}

/// The receivers of a GPU's network traffic. GPUs that send the same amount back are represented by
/// the GPU's own ports.
package enum Peers: Hashable, Sendable {
  /// The GPU with the same place in each other domain of a group of neighbouring GPUs.
  case counterparts(groupSize: Int)
  /// Every GPU of the other domains of a group, or every `stride`-th of them: those with the
  /// sender's place among that many.
  case everyone(groupSize: Int, stride: Int = 1)
  /// The GPU some places further in a ring of each group's GPUs.
  case next(step: Int, groupSize: Int)
  /// The next GPU in a ring of every `step`-th GPU of some ranks.
  case nextReplica(step: Int, ranks: [Int])
  /// The GPU with the same index in another rank.
  case rank(Int)
}

/// A part of a phase: bytes that each GPU of a rank sends.
package struct Leg: Hashable, Sendable {
  /// What it crosses besides its kernel.
  package enum Course: Hashable, Sendable {
    /// Nothing.
    case kernelOnly
    /// The scale-up fabric: to GPUs that send the same amount back, or to another rank.
    case scaleUp(rank: Int?)
    /// The network.
    case network(Peers)
  }

  /// The ends of its course at which it uses ports.
  package enum Ends: Hashable, Sendable {
    case both
    /// Only the sender's: bytes that exceed what the GPU receives.
    case out
    /// Only the receiver's: bytes that exceed what the GPU sends.
    case into
  }

  package var course: Course
  package var ends: Ends
  /// The kernel that limits it, if one does.
  package var kernel: KernelRate?
  /// Bytes that each GPU sends.
  package var bytes: Double
  /// The leg's index in `MemberShares`, if members differ in how much of it they send.
  package var part: MemberShares.Part?

  package init(
    _ course: Course, _ ends: Ends = .both, kernel: KernelRate? = nil, bytes: Double,
    part: MemberShares.Part? = nil
  ) {
    self.course = course
    self.ends = ends
    self.kernel = kernel
    self.bytes = bytes
    self.part = part
  }
}

/// Legs that start together.
package struct TransferPhase: Hashable, Sendable {
  package var legs: [Leg]
  /// How long the last byte travels after it has left, if no route takes longer than the network's
  /// usual latency.
  package var latency: SimDuration

  package init(_ legs: [Leg], latency: SimDuration) {
    self.legs = legs
    self.latency = latency
  }
}

/// What one operation of each GPU of a rank sends.
package struct Transfer: Hashable, Sendable {
  /// The rank whose GPUs send.
  package var rank: Int
  package var phases: [TransferPhase]

  package init(rank: Int, _ phases: [TransferPhase]) {
    self.rank = rank
    self.phases = phases
  }
}
