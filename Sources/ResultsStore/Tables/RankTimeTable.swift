// The time of each simulated GPU by phase and activity.

import Recording

extension RankTime: TableRow {
  static let table = Table.list(
    "rank_time",
    """
    Where the time of each simulated GPU went. Its rows sum to the step time, to the picosecond.
    """,
    """
    rank INTEGER NOT NULL,
    member INTEGER NOT NULL,        -- the simulated GPU of the rank, from 0
    gpus INTEGER NOT NULL CHECK (gpus > 0), -- GPUs that it stands for
    phase TEXT NOT NULL,
    activity TEXT NOT NULL,
    time_ps INTEGER NOT NULL CHECK (time_ps >= 0),
    """, "UNIQUE (run, rank, member, phase, activity)")

  func bind(to row: inout RowBinder) { row.add(rank, member, gpus, phase, activity, time) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      rank: row.get("rank", in: StoredRow.ranks),
      member: row.get("member", in: StoredRow.ranks, older: 0), gpus: row.get("gpus", older: 1),
      phase: row.get("phase"), activity: row.get("activity"), time: row.get("time_ps"))
  }
}
