// Text that all reports share: aligned columns and JSON.

/// Rows in left-aligned columns, separated by two spaces.
///
/// - Precondition: all rows have the same number of cells.
func alignedText(_ rows: [[String]]) -> String {
  let widths = (rows.first ?? []).indices.map { column in rows.map(\.[column].count).max() ?? 0 }
  return rows.map { row in
    zip(row.dropLast(), widths).map { cell, width in
      cell + String(repeating: " ", count: width - cell.count + 2)
    }.joined() + (row.last ?? "") + "\n"
  }.joined()
}

/// A JSON object in one line; the values are JSON.
func jsonObject(_ fields: [(name: String, value: String)]) -> String {
  "{" + fields.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}"
}

/// A JSON array with one element per line.
func jsonArray(_ elements: [String]) -> String {
  "[\n" + elements.map { "  " + $0 }.joined(separator: ",\n") + "\n]"
}

/// A JSON string of a text that needs no escapes, such as the names in the reports.
func jsonString(_ text: String) -> String { "\"\(text)\"" }
