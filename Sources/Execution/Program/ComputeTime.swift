// How long a piece of computation takes.

import Units

/// A duration with all streaming multiprocessors, and with those that communication leaves.
package struct ComputeTime: Hashable, Sendable {
  /// With all multiprocessors.
  package var alone: SimDuration
  /// With those that are left beside communication.
  package var besideCommunication: SimDuration

  @inlinable
  package init(alone: SimDuration, besideCommunication: SimDuration) {
    self.alone = alone
    self.besideCommunication = besideCommunication
  }

  /// The same with any number of multiprocessors.
  @inlinable
  package init(_ duration: SimDuration) {
    self.init(alone: duration, besideCommunication: duration)
  }

  /// No time.
  package static let zero = ComputeTime(.zero)

  /// One after the other.
  @inlinable
  package static func + (a: ComputeTime, b: ComputeTime) -> ComputeTime {
    ComputeTime(
      alone: a.alone + b.alone, besideCommunication: a.besideCommunication + b.besideCommunication)
  }
}
