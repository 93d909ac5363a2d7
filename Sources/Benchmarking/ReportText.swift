// Text that all reports of this room share.

import Recording
import Text

/// Rows in left-aligned columns, separated by two spaces.
func aligned(_ rows: [[String]]) -> String {
  var table = TextTable(columns: (rows.first ?? []).map { _ in (title: "", alignment: .left) })
  for row in rows { table.addRow(row) }
  return table.text
}

/// A JSON array with one line per record.
func jsonLines(_ records: [RecordValue]) -> String {
  "[\n" + records.map { "  " + $0.compact }.joined(separator: ",\n") + "\n]"
}
