// The assumptions of runs.

/// An assumption of a run, as a sentence.
struct Assumption: TableRow {
  static let table = Table.list(
    "assumption", "What the run assumed where nothing is published.", "text TEXT NOT NULL,")

  let text: String

  init(_ text: String) { self.text = text }

  func bind(to row: inout RowBinder) { row.add(text) }

  init(from row: inout StoredRow) throws(StoreProblem) { text = try row.get("text") }
}
