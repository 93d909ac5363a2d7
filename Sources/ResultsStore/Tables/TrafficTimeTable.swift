// The exchanges of each simulated GPU, summed by purpose.

import Recording

extension TrafficTime: TableRow {
  static let table = Table.list(
    "traffic_time", "The exchanges of each simulated GPU for one purpose.",
    """
    rank INTEGER NOT NULL,
    member INTEGER NOT NULL,        -- the simulated GPU of the rank, from 0
    gpus INTEGER NOT NULL CHECK (gpus > 0), -- GPUs that it stands for
    kind TEXT NOT NULL,             -- why it sends
    exchanges INTEGER NOT NULL CHECK (exchanges > 0),
    time_ps INTEGER NOT NULL CHECK (time_ps >= 0), -- each from when its last GPU is ready, summed
    """, "UNIQUE (run, rank, member, kind)")

  func bind(to row: inout RowBinder) { row.add(rank, member, gpus, kind, count, time) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      rank: row.get("rank", in: StoredRow.ranks), member: row.get("member", in: StoredRow.ranks),
      gpus: row.get("gpus"),
      kind: row.get("kind"), count: row.get("exchanges"), time: row.get("time_ps"))
  }
}
