// The utilisation of links over time.

import Recording

extension LinkLoad: TableRow {
  static let table = Table.list(
    "link_load", "How full the links of a class were, in equal intervals of the step.",
    """
    link TEXT NOT NULL,
    start_ps INTEGER NOT NULL,
    end_ps INTEGER NOT NULL CHECK (end_ps > start_ps),
    utilisation REAL NOT NULL CHECK (utilisation >= 0),
    """, "UNIQUE (run, link, start_ps)")

  func bind(to row: inout RowBinder) { row.add(link, start, end, utilisation) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      link: row.get("link"), start: row.get("start_ps"), end: row.get("end_ps"),
      utilisation: row.get("utilisation"))
  }
}
