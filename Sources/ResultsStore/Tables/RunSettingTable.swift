// Changes made to the scenario's text before it was parsed.

import Recording

extension Setting: TableRow {
  static let table = Table.list(
    "run_setting", "Changes to the scenario's text before it was read, later ones last.",
    """
    key TEXT NOT NULL,
    value TEXT,                     -- NULL where the key was taken out
    """)

  func bind(to row: inout RowBinder) { row.add(key, value) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(row.get("key"), row.get("value"))
  }
}
