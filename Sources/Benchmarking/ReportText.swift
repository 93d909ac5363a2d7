// What the reports of this room are written with.

import Recording
import Text

/// Columns of equal width, two blanks between them, all aligned on the left.
func aligned(_ rows: [[String]]) -> String {
  var table = TextTable(columns: (rows.first ?? []).map { _ in (title: "", alignment: .left) })
  for row in rows { table.addRow(row) }
  return table.text
}

/// A JSON array with a line for each record.
func jsonLines(_ records: [RecordValue]) -> String {
  "[\n" + records.map { "  " + $0.compact }.joined(separator: ",\n") + "\n]"
}
