// How long a piece of computation takes.

import Units

/// A duration with all streaming multiprocessors, and with those that communication leaves.
public struct ComputeTime: Hashable, Sendable {
  /// With all multiprocessors.
  public var alone: SimDuration
  /// With those that are left beside communication.
  public var besideCommunication: SimDuration

  @inlinable
  public init(alone: SimDuration, besideCommunication: SimDuration) {
    self.alone = alone
    self.besideCommunication = besideCommunication
  }

  /// The same with any number of multiprocessors.
  @inlinable
  public init(_ duration: SimDuration) {
    self.init(alone: duration, besideCommunication: duration)
  }

  /// No time.
  public static let zero = ComputeTime(.zero)

  /// One after the other.
  @inlinable
  public static func + (a: ComputeTime, b: ComputeTime) -> ComputeTime {
    ComputeTime(
      alone: a.alone + b.alone, besideCommunication: a.besideCommunication + b.besideCommunication)
  }
}
