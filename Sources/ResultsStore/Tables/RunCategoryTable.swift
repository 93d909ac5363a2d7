// Where the wall-clock time of whole training runs goes.

import Recording

extension RunTime: TableRow {
  static let table = Table.list(
    "run_category",
    """
    Wall-clock seconds of a training run by phase and category, mean over replications.
    They sum to its wall time.
    """,
    """
    phase TEXT NOT NULL,
    category TEXT NOT NULL,
    seconds REAL NOT NULL CHECK (seconds >= 0),
    """, "UNIQUE (run, phase, category)")

  func bind(to row: inout RowBinder) { row.add(phase, category, seconds) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      phase: row.get("phase"), category: row.get("category"), seconds: row.get("seconds"))
  }
}
