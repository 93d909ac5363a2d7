// Text tables from the rows of a record: a column declares its value and its format.

import Recording
import Text
import Units

/// A column of a table: its title, and a function from a row to a cell.
struct RowColumn {
  let title: String
  let alignment: TextTable.Alignment
  let cell: (RecordValue) -> String

  /// Makes a column of the values with a name; `counts.links` is a nested name.
  ///
  /// - Parameters:
  ///   - absent: the cell of a row without that value.
  ///   - form: formats a number; by default four significant digits, and counts in full.
  init(
    _ title: String, _ name: String, _ alignment: TextTable.Alignment = .right,
    absent: String = "-", form: ((Double) -> String)? = nil
  ) {
    let path = name.split(separator: ".").map(String.init)
    self.init(title, alignment) { row in
      let value = path.reduce(row) { $0[$1] }
      if let form, let number = value.number { return form(number) }
      return switch value {
      case .null, .array, .object: absent
      case .bool(let claim): claim ? "yes" : ""
      case .integer(let count): String(count)
      case .real(let number): significantText(number)
      case .text(let words): words
      }
    }
  }

  /// Makes a column whose cells are computed from whole rows.
  init(
    _ title: String, _ alignment: TextTable.Alignment = .right,
    cell: @escaping (RecordValue) -> String
  ) {
    self.title = title
    self.alignment = alignment
    self.cell = cell
  }
}

extension TextTable {
  /// Makes a table with one row per row of a record.
  init(_ rows: [RecordValue], _ columns: [RowColumn], indent: Int = 0) {
    self.init(columns: columns.map { ($0.title, $0.alignment) }, indent: indent)
    for row in rows { addRow(columns.map { $0.cell(row) }) }
  }
}

/// Returns a formatter that divides numbers by `divisor` and appends `unit`.
func amounts(of unit: String, _ divisor: Double = 1) -> (Double) -> String {
  { "\(significantText($0 / divisor)) \(unit)" }
}

extension RecordValue {
  /// The value as text in a sentence.
  var text: String { RowColumn("", "value").cell(["value": self]) }
}

extension Array where Element: Equatable {
  /// The elements without repetitions, in order of first occurrence.
  var unique: [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
