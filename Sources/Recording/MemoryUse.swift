// The memory of a rank: its breakdown at the peak, and its use over time.

import Units

/// The purpose of an allocation.
package enum MemoryKind: String, CaseIterable, Sendable {
  case weights
  case gradients
  case optimizer
  /// Sharded weights and gradients at full size while they are used.
  case unsharded
  /// Activations of the microbatches in flight.
  case activations
  /// Keys and values, or latents, of the tokens that later ones attend to.
  case kvCache = "kv_cache"
  /// Buffers of kernels and communication.
  case workspace
  case reserved
}

/// Memory of one kind on the rank's GPU with the highest peak, at the instant of that peak.
package struct MemoryUse: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The number of GPUs of the rank; no other one needs more in total.
  package var gpus: Int
  package var kind: MemoryKind
  package var bytes: Bytes

  package init(rank: Int, gpus: Int = 1, kind: MemoryKind, bytes: Bytes) {
    self.rank = rank
    self.gpus = gpus
    self.kind = kind
    self.bytes = bytes
  }
}

/// Memory in use on one rank from this instant to the rank's next point: a counter of the timeline.
package struct MemoryPoint: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The instant from which the amount applies.
  package var time: SimTime
  /// All kinds together.
  package var bytes: Bytes

  /// Makes a point from a rank, an instant and the memory in use from then on.
  package init(rank: Int, time: SimTime, bytes: Bytes) {
    self.rank = rank
    self.time = time
    self.bytes = bytes
  }
}
