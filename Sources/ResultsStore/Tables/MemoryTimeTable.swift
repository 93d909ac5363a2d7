// The memory counters of the timeline; its bars are in `span`.

import Recording

extension MemoryPoint: TableRow {
  static let table = Table.list(
    "memory_time", "Memory in use on a rank from an instant until the rank's next row.",
    """
    rank INTEGER NOT NULL,
    time_ps INTEGER NOT NULL,
    bytes REAL NOT NULL CHECK (bytes >= 0),
    """)

  func bind(to row: inout RowBinder) { row.add(rank, time, bytes) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      rank: row.get("rank", in: StoredRow.ranks), time: row.get("time_ps"), bytes: row.get("bytes"))
  }
}
