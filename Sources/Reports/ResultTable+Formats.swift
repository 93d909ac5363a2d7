// The three output formats of a query result: an aligned table to read, CSV and JSON for programs.

import Recording
import ResultsStore
import Text
import Units

/// A JSON value; records hold the same types.
package typealias JSONValue = RecordValue

/// The format of printed output.
package enum OutputFormat: String, CaseIterable, Sendable {
  case table
  case json
  case csv
}

extension ResultTable {
  /// Returns the table in a format, ending with a line end.
  package func text(_ format: OutputFormat) -> String {
    switch format {
    case .table: alignedText
    case .json: json.description + "\n"
    case .csv: csv
    }
  }

  /// Aligned columns; numbers are right-aligned with at most four significant digits, null is `-`.
  package var alignedText: String {
    let isNumeric = columns.indices.map { column in
      rows.contains { $0[column].number != nil }
        && rows.allSatisfy { $0[column].number != nil || $0[column] == .null }
    }
    var table = TextTable(
      columns: zip(columns, isNumeric).map { (title: $0, alignment: $1 ? .right : .left) })
    for row in rows { table.addRow(row.map(Self.cell)) }
    return table.text
  }

  /// CSV by RFC 4180: CRLF after each record, quotes if a field needs them, full precision. Null is
  /// an empty field, an empty text is `""`, a blob is hexadecimal.
  package var csv: String { CSVText.table(columns, rows.map { $0.map(\.recorded) }) }

  /// A JSON array with one object per row, whose keys are the columns in order. The second of two
  /// equal names becomes `name_2`; a blob is hexadecimal.
  package var json: JSONValue {
    let names = uniqueColumns
    return .array(
      rows.map { row in .object(zip(names, row).map { (name: $0, value: $1.recorded) }) })
  }

  private var uniqueColumns: [String] {
    var names: [String] = []
    for column in columns {
      var name = column
      var count = 1
      while names.contains(name) {
        count += 1
        name = "\(column)_\(count)"
      }
      names.append(name)
    }
    return names
  }

  private static func cell(_ value: ResultValue) -> String {
    switch value {
    case .null: "-"
    case .integer(let value): String(value)
    case .real(let value): significantText(value)
    case .text(let value): value
    case .blob(let bytes): "<\(bytes.count) bytes>"
    }
  }
}

extension RowCursor {
  /// Writes all rows as CSV, some at a time, so that their number has no limit.
  ///
  /// - Parameter write: takes a part of the text.
  /// - Returns: the number of rows.
  /// - Throws: `StoreProblem` for a problem with the query, and what `write` throws.
  package func writeCSV(_ write: (String) throws -> Void) throws -> Int {
    var text = CSVText.line(columns.map { .text($0) })
    var count = 0
    while let row = try next() {
      count += 1
      text += CSVText.line(row.map(\.recorded))
      guard text.utf8.count > 1 << 16 else { continue }
      try write(text)
      text = ""
    }
    try write(text)
    return count
  }
}

/// CSV records by RFC 4180.
enum CSVText {
  /// Returns a header and rows, each ending with CRLF.
  static func table(_ columns: [String], _ rows: [[RecordValue]]) -> String {
    ([columns.map(RecordValue.text)] + rows).map(line).joined()
  }

  /// Returns a record, ending with CRLF. Null and lists are empty fields.
  static func line(_ values: [RecordValue]) -> String {
    values.map(field).joined(separator: ",") + "\r\n"
  }

  private static func field(_ value: RecordValue) -> String {
    switch value {
    case .null, .array, .object: ""
    case .bool(let value): value ? "1" : "0"
    case .integer(let value): String(value)
    case .real(let value): value.description
    case .text(let value): field(value)
    }
  }

  /// Returns the field, quoted if it is empty or contains a comma, a quote or a line end.
  ///
  /// A text that a spreadsheet would run as a formula begins with an apostrophe, which makes it a
  /// text there (OWASP, "CSV Injection"); numbers with a sign stay as they are.
  static func field(_ text: String) -> String {
    let isFormula =
      text.first.map { "=+-@\t\r".contains($0) } ?? false && Double(text) == nil
    let text = isFormula ? "'" + text : text
    let needsQuotes = text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
    guard needsQuotes || text.isEmpty else { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
