// What fills the memory of a rank at its peak, and how it changes over time.

import Units

/// What memory is used for.
package enum MemoryKind: String, CaseIterable, Sendable {
  /// What the weights and their optimizer need.
  case weights
  case gradients
  case optimizer
  /// What the microbatches in flight need.
  case activations
  /// Keys and values, or latents, of the tokens that later ones attend to.
  case kvCache = "kv_cache"
  /// What kernels and communication hold.
  case workspace
  case reserved
}

/// Memory of one kind on the GPU of a rank that needs most, at the instant of its peak.
package struct MemoryUse: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// GPUs of the rank; none needs more in total.
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

/// Memory in use on one rank from an instant to the rank's next one: a counter of the timeline.
package struct MemoryPoint: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// When the amount begins to hold.
  package var time: SimTime
  /// All kinds together.
  package var bytes: Bytes

  /// A rank, an instant and the memory in use from there on.
  package init(rank: Int, time: SimTime, bytes: Bytes) {
    self.rank = rank
    self.time = time
    self.bytes = bytes
  }
}
