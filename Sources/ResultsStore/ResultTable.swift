// The result of a query: named columns and rows of plain values.

import Recording

/// One value of a result.
package enum ResultValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// The value as a number; nil if it is not one.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .null, .text, .blob: nil
    }
  }
}

extension ResultValue {
  /// Bytes that it takes in a table, about.
  var size: Int {
    switch self {
    case .null, .integer, .real: 32
    case .text(let text): 32 + text.utf8.count
    case .blob(let bytes): 64 + bytes.count
    }
  }
}

extension ResultValue: Recordable {
  /// The value as stored in a record; a blob becomes hexadecimal.
  package var recorded: RecordValue {
    switch self {
    case .null: .null
    case .integer(let value): .integer(value)
    case .real(let value): .real(value)
    case .text(let value): .text(value)
    case .blob(let bytes):
      .text(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }
  }
}

/// A table of columns and rows. Every row has one value per column.
package struct ResultTable: Hashable, Sendable {
  /// The names of the columns, as SQL returns them; names may repeat.
  package var columns: [String]
  /// The rows in the order of the result.
  package var rows: [[ResultValue]]

  /// Makes a table.
  ///
  /// - Precondition: every row has `columns.count` values.
  package init(columns: [String], rows: [[ResultValue]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a row has a value per column")
    self.columns = columns
    self.rows = rows
  }
}
