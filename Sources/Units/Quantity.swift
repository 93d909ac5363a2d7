// Physical quantities that wrap one Double, so that bytes are never added to seconds by accident.

/// A physical quantity held as one `Double` in its base unit.
public protocol Quantity: Hashable, Comparable, Sendable {
  /// The amount in the base unit.
  var value: Double { get }
  /// Makes a quantity from an amount in the base unit.
  init(_ value: Double)
  /// The base unit as text, for example `B/s`.
  static var baseUnit: String { get }
}

extension Quantity {
  /// The zero amount.
  public static var zero: Self { Self(0) }

  @inlinable
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }

  @inlinable
  public static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }

  @inlinable
  public static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }

  @inlinable
  public static func * (a: Self, factor: Double) -> Self { Self(a.value * factor) }

  @inlinable
  public static func * (a: Self, factor: Int) -> Self { Self(a.value * Double(factor)) }

  @inlinable
  public static func / (a: Self, divisor: Double) -> Self { Self(a.value / divisor) }

  /// The ratio of two amounts of the same quantity.
  @inlinable
  public static func / (a: Self, b: Self) -> Double { a.value / b.value }

  @inlinable
  public static func += (a: inout Self, b: Self) { a = a + b }
}

/// An amount of data in bytes.
public struct Bytes: Quantity {
  public var value: Double
  public static let baseUnit = "B"
  @inlinable public init(_ value: Double) { self.value = value }
  /// Makes an amount from a whole number of bytes.
  @inlinable public init(_ count: Int) { self.value = Double(count) }
}

/// A data rate in bytes per second.
public struct BytesPerSecond: Quantity {
  public var value: Double
  public static let baseUnit = "B/s"
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A compute rate in floating-point operations per second.
public struct FLOPsPerSecond: Quantity {
  public var value: Double
  public static let baseUnit = "FLOP/s"
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A rate of events, such as requests, per second.
public struct EventsPerSecond: Quantity {
  public var value: Double
  public static let baseUnit = "/s"
  @inlinable public init(_ value: Double) { self.value = value }
}

/// Electrical power in watts.
public struct Watts: Quantity {
  public var value: Double
  public static let baseUnit = "W"
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A duration in seconds as scenarios specify it; `duration` is the exact form.
public struct Seconds: Quantity {
  public var value: Double
  public static let baseUnit = "s"
  @inlinable public init(_ value: Double) { self.value = value }
  /// The duration in whole picoseconds.
  public var duration: SimDuration { SimDuration(seconds: value) }
}

/// A price in US dollars.
public struct USDollars: Quantity {
  public var value: Double
  public static let baseUnit = "USD"
  @inlinable public init(_ value: Double) { self.value = value }
}

/// A rental price in US dollars per GPU and hour.
public struct USDollarsPerGPUHour: Quantity {
  public var value: Double
  public static let baseUnit = "USD/GPU-hour"
  @inlinable public init(_ value: Double) { self.value = value }
}

extension Bytes {
  /// The time that this amount takes at a rate.
  @inlinable
  public static func / (amount: Bytes, rate: BytesPerSecond) -> Seconds {
    Seconds(amount.value / rate.value)
  }
}
