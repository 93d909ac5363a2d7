// Simulated time in integer picoseconds, so that sums and comparisons are exact.
// Not for spans of months: whole runs are accounted for in `Double` seconds.

/// A simulated duration in whole picoseconds. Arithmetic is exact and traps on overflow.
///
/// The range is +-106 days.
public struct SimDuration: Hashable, Comparable, Sendable {
  /// The duration in picoseconds.
  public var picoseconds: Int64

  /// The zero duration.
  public static let zero = SimDuration(picoseconds: 0)

  /// Makes a duration from whole picoseconds.
  @inlinable
  public init(picoseconds: Int64) {
    self.picoseconds = picoseconds
  }

  /// The duration nearest to a number of seconds.
  ///
  /// - Precondition: `seconds` is finite and within +-106 days.
  public init(seconds: Double) {
    let picoseconds = (seconds * 1e12).rounded(.toNearestOrEven)
    precondition(
      picoseconds.isFinite && picoseconds.magnitude < 9.2e18,
      "a duration must be finite and shorter than 106 days")
    self.picoseconds = Int64(picoseconds)
  }

  /// The duration nearest to a number of microseconds.
  public init(microseconds: Double) {
    self.init(seconds: microseconds * 1e-6)
  }

  /// The duration in seconds, rounded to the nearest `Double`.
  @inlinable public var seconds: Double { Double(picoseconds) * 1e-12 }

  @inlinable
  public static func < (a: SimDuration, b: SimDuration) -> Bool { a.picoseconds < b.picoseconds }

  @inlinable
  public static func + (a: SimDuration, b: SimDuration) -> SimDuration {
    SimDuration(picoseconds: a.picoseconds + b.picoseconds)
  }

  @inlinable
  public static func - (a: SimDuration, b: SimDuration) -> SimDuration {
    SimDuration(picoseconds: a.picoseconds - b.picoseconds)
  }

  @inlinable
  public static func * (a: SimDuration, times: Int) -> SimDuration {
    SimDuration(picoseconds: a.picoseconds * Int64(times))
  }

  @inlinable
  public static func += (a: inout SimDuration, b: SimDuration) {
    a.picoseconds += b.picoseconds
  }

  @inlinable
  public static func -= (a: inout SimDuration, b: SimDuration) {
    a.picoseconds -= b.picoseconds
  }
}

/// A point on the simulated clock: picoseconds since the start of the simulation.
public struct SimTime: Hashable, Comparable, Sendable {
  /// Picoseconds since the start.
  public var picoseconds: Int64

  /// The start of the simulation.
  public static let zero = SimTime(picoseconds: 0)

  /// Makes a point in time from whole picoseconds since the start.
  @inlinable
  public init(picoseconds: Int64) {
    self.picoseconds = picoseconds
  }

  /// Seconds since the start, rounded to the nearest `Double`.
  @inlinable public var seconds: Double { Double(picoseconds) * 1e-12 }

  @inlinable
  public static func < (a: SimTime, b: SimTime) -> Bool { a.picoseconds < b.picoseconds }

  @inlinable
  public static func + (a: SimTime, b: SimDuration) -> SimTime {
    SimTime(picoseconds: a.picoseconds + b.picoseconds)
  }

  @inlinable
  public static func - (a: SimTime, b: SimDuration) -> SimTime {
    SimTime(picoseconds: a.picoseconds - b.picoseconds)
  }

  /// The time from `b` to `a`; negative when `a` is earlier.
  @inlinable
  public static func - (a: SimTime, b: SimTime) -> SimDuration {
    SimDuration(picoseconds: a.picoseconds - b.picoseconds)
  }
}
