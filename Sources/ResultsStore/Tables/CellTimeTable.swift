// The cells of each simulated GPU, summed by kind.

import Recording

extension CellTime: TableRow {
  static let table = Table.list(
    "cell_time", "The cells of one kind on each simulated GPU.",
    """
    rank INTEGER NOT NULL,
    member INTEGER NOT NULL,        -- the simulated GPU of the rank, from 0
    gpus INTEGER NOT NULL CHECK (gpus > 0), -- GPUs that it stands for
    kind TEXT NOT NULL,
    cells INTEGER NOT NULL CHECK (cells > 0),
    time_ps INTEGER NOT NULL CHECK (time_ps >= 0), -- from start to end, summed over the cells
    start_ps INTEGER NOT NULL,      -- of the first cell
    end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps), -- of the last cell
    """, "UNIQUE (run, rank, member, kind)")

  func bind(to row: inout RowBinder) { row.add(rank, member, gpus, kind, count, time, start, end) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      rank: row.get("rank", in: StoredRow.ranks), member: row.get("member", in: StoredRow.ranks),
      gpus: row.get("gpus"),
      kind: row.get("kind"), count: row.get("cells"), time: row.get("time_ps"),
      start: row.get("start_ps"), end: row.get("end_ps"))
  }
}
