// A row of a results table, decoded to the values that were written; anything else means that the
// file is damaged.

/// The values of a row by column name.
struct StoredRow {
  /// Ranks, and GPUs of a rank: more than any scenario has.
  static let ranks = 0...1_048_575
  /// Stages and microbatches of a bar; -1 for none.
  static let cells = -1...1_073_741_823

  private let columns: [String]
  private let values: [ResultValue]
  private let path: String
  /// The column after the last one read, since rows are mostly read from left to right.
  private var next = 0

  init(columns: [String], values: [ResultValue], path: String) {
    self.columns = columns
    self.values = values
    self.path = path
  }

  /// Returns the value of a column.
  ///
  /// - Parameter fallback: the value for older files that lack the column; null by default.
  /// - Throws: `StoreProblem.damaged` for a value that no version of the program writes.
  mutating func get<Value: ColumnValue>(
    _ name: String, older fallback: Value? = nil
  ) throws(StoreProblem) -> Value {
    guard let column = index(of: name) else {
      if let value = fallback ?? Value.read(.null) { return value }
      throw damage("a table has no column \(name)")
    }
    guard let value = Value.read(values[column]) else {
      throw damage("column \(name) of a row holds \(values[column])")
    }
    return value
  }

  /// Returns a whole number of a column that lies in a range, as sizes of what is read later do.
  ///
  /// - Throws: `StoreProblem.damaged` for any other value.
  mutating func get(
    _ name: String, in range: ClosedRange<Int>, older fallback: Int? = nil
  ) throws(StoreProblem) -> Int {
    let value: Int = try get(name, older: fallback)
    guard range.contains(value) else { throw damage("column \(name) of a row holds \(value)") }
    return value
  }

  /// Returns the problem for a row that no version of the program writes.
  func damage(_ what: String) -> StoreProblem {
    StoreProblem(.damaged, path, "the file is damaged: \(what)")
  }

  private mutating func index(of name: String) -> Int? {
    let found = columns[next...].firstIndex(of: name) ?? columns[..<next].firstIndex(of: name)
    if let found { next = found + 1 }
    return found
  }
}
