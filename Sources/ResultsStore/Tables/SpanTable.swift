// The bars of the timeline.

import Recording

extension Span: TableRow {
  static let table = Table.list(
    "span", "The timeline: one row for each operation on a stream of a rank.",
    """
    rank INTEGER NOT NULL,
    stream TEXT NOT NULL,
    label TEXT NOT NULL,
    phase TEXT NOT NULL,
    stage INTEGER NOT NULL,         -- -1 where it belongs to none
    microbatch INTEGER NOT NULL,    -- -1 where it belongs to none
    start_ps INTEGER NOT NULL,
    end_ps INTEGER NOT NULL CHECK (end_ps >= start_ps),
    member INTEGER NOT NULL DEFAULT 0, -- the simulated GPU of the rank, from 0
    """)

  func bind(to row: inout RowBinder) {
    row.add(rank, stream, label, phase, stage, microbatch, start, end, member)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    let rank: Int = try row.get("rank", in: StoredRow.ranks)
    self.init(
      rank: rank, stream: try row.get("stream"), label: try row.get("label"),
      phase: try row.get("phase"), stage: try row.get("stage", in: StoredRow.cells),
      microbatch: try row.get("microbatch", in: StoredRow.cells), start: try row.get("start_ps"),
      end: try row.get("end_ps"))
    // Sums and differences of the times of bars must not overflow: 13 days.
    guard start <= end, end.picoseconds <= 1 << 60 else {
      throw row.damage("a bar of rank \(rank) lasts from \(start) to \(end)")
    }
    member = try row.get("member", in: StoredRow.ranks, older: 0)
  }
}
