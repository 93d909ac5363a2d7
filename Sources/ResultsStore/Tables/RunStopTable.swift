// What stopped the first replication of whole training runs.

import Recording

extension RunStop: TableRow {
  static let table = Table.list(
    "run_stop", "Every stop of a training run's first replication, in order.",
    """
    time_s REAL NOT NULL,           -- wall-clock time
    cause TEXT NOT NULL,            -- the class of the failure, or what else stopped it
    nodes INTEGER NOT NULL,         -- nodes that it reached
    lost_s REAL NOT NULL,           -- steps that it undid
    down_s REAL NOT NULL,           -- until training went on, or until the next stop
    resumed_at_step INTEGER NOT NULL,
    """)

  func bind(to row: inout RowBinder) {
    row.add(seconds, cause, nodes, lostSeconds, downSeconds, resumedAtStep)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      seconds: row.get("time_s"), cause: row.get("cause"), nodes: row.get("nodes"),
      lostSeconds: row.get("lost_s"), downSeconds: row.get("down_s"),
      resumedAtStep: row.get("resumed_at_step"))
  }
}
