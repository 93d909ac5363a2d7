// A row of our own tables, read back to what was written; anything else is a damaged file.

import Recording

/// The values of a row, taken from left to right.
struct StoredRow {
  var values: [ResultValue]
  var path: String
  private var column = 0

  init(values: [ResultValue], path: String) {
    self.values = values
    self.path = path
  }

  private mutating func next() -> ResultValue {
    defer { column += 1 }
    return values[column]
  }

  mutating func integer() throws(StoreProblem) -> Int64 {
    guard case .integer(let value) = next() else { throw unexpected() }
    return value
  }

  mutating func real() throws(StoreProblem) -> Double {
    guard case .real(let value) = next() else { throw unexpected() }
    return value
  }

  mutating func text() throws(StoreProblem) -> String {
    guard case .text(let value) = next() else { throw unexpected() }
    return value
  }

  mutating func blob() throws(StoreProblem) -> [UInt8] {
    guard case .blob(let value) = next() else { throw unexpected() }
    return value
  }

  mutating func optionalText() -> String? {
    guard case .text(let value) = next() else { return nil }
    return value
  }

  mutating func optionalReal() -> Double? {
    guard case .real(let value) = next() else { return nil }
    return value
  }

  mutating func optionalInteger() -> Int64? {
    guard case .integer(let value) = next() else { return nil }
    return value
  }

  mutating func seed() throws(StoreProblem) -> UInt64 {
    guard let seed = UInt64(try text()) else { throw unexpected() }
    return seed
  }

  mutating func named<Name: RawRepresentable>(
    _ type: Name.Type
  ) throws(StoreProblem) -> Name where Name.RawValue == String {
    guard let name = Name(rawValue: try text()) else { throw unexpected() }
    return name
  }

  mutating func metricKind() throws(StoreProblem) -> MetricKind {
    guard let kind = MetricKind.named(try text()) else { throw unexpected() }
    return kind
  }

  private func unexpected() -> StoreProblem {
    StoreProblem(
      .damaged, path, "the file is damaged: column \(column) of a row holds \(values[column - 1])")
  }
}
