// Duration of a piece of computation.

import Units

/// A duration on all streaming multiprocessors, and on those left during communication.
package struct ComputeTime: Hashable, Sendable {
  /// On all multiprocessors.
  package var alone: SimDuration
  /// On the multiprocessors left during communication.
  package var besideCommunication: SimDuration

  @inlinable
  package init(alone: SimDuration, besideCommunication: SimDuration) {
    self.alone = alone
    self.besideCommunication = besideCommunication
  }

  /// The same duration on any number of multiprocessors.
  @inlinable
  package init(_ duration: SimDuration) {
    self.init(alone: duration, besideCommunication: duration)
  }

  /// Zero duration.
  package static let zero = ComputeTime(.zero)

  /// The sum of two durations.
  @inlinable
  package static func + (a: ComputeTime, b: ComputeTime) -> ComputeTime {
    ComputeTime(
      alone: a.alone + b.alone, besideCommunication: a.besideCommunication + b.besideCommunication)
  }
}
