// The three forms of an answer: a table for people, CSV and JSON for programs.

import Recording
import ResultsStore
import Text
import Units

/// What JSON can write is what a record can hold.
package typealias JSONValue = RecordValue

/// The form in which an answer is printed.
package enum OutputFormat: String, CaseIterable, Sendable {
  case table
  case json
  case csv
}

extension ResultTable {
  /// The answer in a form; it ends with a line end.
  package func text(_ format: OutputFormat) -> String {
    switch format {
    case .table: alignedText
    case .json: json.description + "\n"
    case .csv: csv
    }
  }

  /// Aligned columns: numbers to the right with at most four significant digits, null as `-`.
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

  /// RFC 4180: CRLF after each record, quotes where a field needs them, full precision. Null is
  /// an empty field, an empty text is `""`, a blob is hexadecimal.
  package var csv: String { CSVText.table(columns, rows.map { $0.map(\.recorded) }) }

  /// An array of objects with the columns as names, in their order. The second of two equal names
  /// becomes `name_2`; a blob is hexadecimal.
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

/// Records of RFC 4180.
enum CSVText {
  /// A head and rows, each ended by CRLF. Null is an empty field, and so is a list.
  static func table(_ columns: [String], _ rows: [[RecordValue]]) -> String {
    ([columns.map(field)] + rows.map { $0.map(field) }).map {
      $0.joined(separator: ",") + "\r\n"
    }.joined()
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

  /// The field, in quotes when it is empty or holds a comma, a quote or a line end.
  static func field(_ text: String) -> String {
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
