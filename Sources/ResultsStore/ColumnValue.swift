// How the types of records are stored in columns. Binding and reading are side by side, so that
// each reads back what the other wrote.

import Recording
import Units

/// A value that a column can hold.
protocol ColumnValue {
  /// Binds the value to the next column.
  func bind(to row: inout RowBinder)
  /// Reads the value of a column; nil if the column holds something else.
  static func read(_ value: ResultValue) -> Self?
}

extension Int64: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(self) }
  static func read(_ value: ResultValue) -> Int64? {
    if case .integer(let number) = value { number } else { nil }
  }
}

/// Counts, whose sums over the rows of a run must not overflow.
extension Int: ColumnValue {
  /// More than any run has of anything, tokens included.
  private static let limit: Int64 = 1 << 48

  func bind(to row: inout RowBinder) { row.bind(Int64(self)) }
  static func read(_ value: ResultValue) -> Int? {
    Int64.read(value).flatMap { (-limit...limit).contains($0) ? Int($0) : nil }
  }
}

extension Bool: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(Int64(self ? 1 : 0)) }
  static func read(_ value: ResultValue) -> Bool? { Int64.read(value).map { $0 == 1 } }
}

/// Stored as decimal text, since an unsigned 64-bit number does not fit in INTEGER.
extension UInt64: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(String(self)) }
  static func read(_ value: ResultValue) -> UInt64? { String.read(value).flatMap { UInt64($0) } }
}

extension Double: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(self) }
  static func read(_ value: ResultValue) -> Double? {
    if case .real(let number) = value { number } else { nil }
  }
}

extension String: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(self) }
  static func read(_ value: ResultValue) -> String? {
    if case .text(let text) = value { text } else { nil }
  }
}

extension [UInt8]: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(self) }
  static func read(_ value: ResultValue) -> [UInt8]? {
    if case .blob(let bytes) = value { bytes } else { nil }
  }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  func bind(to row: inout RowBinder) {
    if let self { self.bind(to: &row) } else { row.bindNull() }
  }
  static func read(_ value: ResultValue) -> Wrapped?? {
    if value == .null { return .some(nil) }
    return Wrapped.read(value).map { .some($0) }
  }
}

extension SimDuration: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(picoseconds) }
  static func read(_ value: ResultValue) -> SimDuration? {
    Int64.read(value).flatMap { $0 < 0 ? nil : SimDuration(picoseconds: $0) }
  }
}

extension SimTime: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(picoseconds) }
  static func read(_ value: ResultValue) -> SimTime? {
    Int64.read(value).flatMap { $0 < 0 ? nil : SimTime(picoseconds: $0) }
  }
}

extension Bytes: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(value) }
  static func read(_ value: ResultValue) -> Bytes? { Double.read(value).map { Bytes($0) } }
}

extension BytesPerSecond: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(value) }
  static func read(_ value: ResultValue) -> BytesPerSecond? {
    Double.read(value).map { BytesPerSecond($0) }
  }
}

extension ColumnValue where Self: RawRepresentable, RawValue == String {
  func bind(to row: inout RowBinder) { row.bind(rawValue) }
  static func read(_ value: ResultValue) -> Self? {
    String.read(value).flatMap { Self(rawValue: $0) }
  }
}

extension Phase: ColumnValue {}
extension Activity: ColumnValue {}
extension CellKind: ColumnValue {}
extension TrafficKind: ColumnValue {}
extension MemoryKind: ColumnValue {}
extension RequestRecord.State: ColumnValue {}
extension RunCategory: ColumnValue {}
extension MetricScope: ColumnValue {}
extension MetricStatistic: ColumnValue {}

extension LinkClass: ColumnValue {
  static func read(_ value: ResultValue) -> LinkClass? {
    switch String.read(value) {
    // The names in older files, from before other scale-up fabrics.
    case "nvlink_out": .scaleUpOut
    case "nvlink_in": .scaleUpIn
    case let name: name.flatMap { LinkClass(rawValue: $0) }
    }
  }
}

extension MetricKind: ColumnValue {
  func bind(to row: inout RowBinder) { row.bind(name) }
  static func read(_ value: ResultValue) -> MetricKind? {
    switch String.read(value) {
    // The name in older files, before steps of training and inference shared one.
    case "inference_step_time_s": .stepTime
    case let name: name.flatMap { MetricKind.named($0) }
    }
  }
}
