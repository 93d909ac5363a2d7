// Duration of a piece of computation, by what runs beside it.

import Units

/// A duration on an otherwise idle GPU, and beside an exchange.
package struct ComputeTime: Hashable, Sendable {
  /// On all multiprocessors.
  package var alone: SimDuration
  /// On the multiprocessors left by an exchange that moves no bytes, so that memory is idle.
  package var onFewerSMs: SimDuration
  /// On the multiprocessors left by an exchange that moves bytes and shares memory bandwidth.
  package var besideCommunication: SimDuration
  /// The pace of that exchange relative to its pace alone; at most 1.
  package var exchangePace: Double

  @inlinable
  package init(
    alone: SimDuration, onFewerSMs: SimDuration, besideCommunication: SimDuration,
    exchangePace: Double
  ) {
    self.alone = alone
    self.onFewerSMs = onFewerSMs
    self.besideCommunication = besideCommunication
    self.exchangePace = exchangePace
  }

  /// A duration that depends on the multiprocessors only, not on memory bandwidth.
  @inlinable
  package init(alone: SimDuration, besideCommunication: SimDuration) {
    self.init(
      alone: alone, onFewerSMs: besideCommunication, besideCommunication: besideCommunication,
      exchangePace: 1)
  }

  /// The same duration whatever runs beside it.
  @inlinable
  package init(_ duration: SimDuration) {
    self.init(alone: duration, besideCommunication: duration)
  }

  /// Zero duration.
  package static let zero = ComputeTime(.zero)

  /// The same computation on kernels that always leave an exchange its multiprocessors.
  @inlinable
  package var reservingSMs: ComputeTime {
    var time = self
    time.alone = onFewerSMs
    return time
  }

  /// The sum of two durations.
  @inlinable
  package static func + (a: ComputeTime, b: ComputeTime) -> ComputeTime {
    let beside = a.besideCommunication + b.besideCommunication
    let progress =
      a.exchangePace * a.besideCommunication.seconds
      + b.exchangePace * b.besideCommunication.seconds
    return ComputeTime(
      alone: a.alone + b.alone, onFewerSMs: a.onFewerSMs + b.onFewerSMs,
      besideCommunication: beside, exchangePace: beside > .zero ? progress / beside.seconds : 1)
  }
}
