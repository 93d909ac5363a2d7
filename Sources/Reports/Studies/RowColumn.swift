// Tables of text from rows of a record: a column says once which value it shows, and how.

import Recording
import Text
import Units

/// A column of a table: its title, and the cell that it makes of a row.
struct RowColumn {
  let title: String
  let alignment: TextTable.Alignment
  let cell: (RecordValue) -> String

  /// A column of the values of a name; `counts.links` is a name inside another.
  ///
  /// - Parameters:
  ///   - absent: the cell of a row without that value.
  ///   - form: the text of a number; absent: four significant digits, and counts in full.
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

  /// A column of cells that are made of whole rows.
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
  /// A row for each row of a record.
  init(_ rows: [RecordValue], _ columns: [RowColumn], indent: Int = 0) {
    self.init(columns: columns.map { ($0.title, $0.alignment) }, indent: indent)
    for row in rows { addRow(columns.map { $0.cell(row) }) }
  }
}

/// The text of numbers in a unit that is `divisor` times theirs.
func amounts(of unit: String, _ divisor: Double = 1) -> (Double) -> String {
  { "\(significantText($0 / divisor)) \(unit)" }
}

extension RecordValue {
  /// The value as it stands in a sentence.
  var text: String { RowColumn("", "value").cell(["value": self]) }
}

extension Array where Element: Equatable {
  /// The elements without those that came before.
  var unique: [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
