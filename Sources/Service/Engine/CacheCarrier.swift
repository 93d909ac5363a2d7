// What carries caches to instances: from prefill, and from tiers below the memory of GPUs.

import EventKernel
import Units

/// A piece of a cache on its way.
struct CacheTransfer {
  let request: RequestID
  let source: Int
  let target: Int
  let tokens: Int
  /// Whether nothing of this request follows.
  let isLast: Bool
  /// Whether it comes from host memory or a store, not from another instance.
  var isFromTier = false
  /// The event at its end, if that is known from the start.
  var event: EventHandle?
  var start = SimTime.zero
  var end: SimTime?
  /// The piece that follows.
  var next: Int?
  /// Whether it is under way, has ended, or was given up.
  var state = State.queued

  enum State: Hashable {
    case queued
    case moving
    case ended
    case cancelled
  }
}

/// Moves pieces of caches between instances.
protocol CacheCarrier {
  /// Starts a transfer now; its end if it is known from the start.
  mutating func start(_ transfer: Int, _ piece: CacheTransfer, now: SimTime) -> SimTime?
  /// Gives a transfer up.
  mutating func cancel(_ transfer: Int, now: SimTime)
  /// The time of the next end that was not known from the start; nil if there is none.
  mutating func nextEnd() -> SimTime?
  /// The transfers that end now.
  mutating func ends(now: SimTime) -> [Int]
}

/// Transfers that share nothing: a latency and a time for each token.
struct FixedCarrier: CacheCarrier {
  var latency: SimDuration
  var perToken: SimDuration

  func start(_ transfer: Int, _ piece: CacheTransfer, now: SimTime) -> SimTime? {
    now + latency + perToken * piece.tokens
  }

  func cancel(_ transfer: Int, now: SimTime) {}
  func nextEnd() -> SimTime? { nil }
  func ends(now: SimTime) -> [Int] { [] }
}
