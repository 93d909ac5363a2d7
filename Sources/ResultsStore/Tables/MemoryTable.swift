// The memory of each rank by kind.

import Recording
import Units

extension MemoryUse: TableRow {
  static let table = Table.list(
    "memory", "Memory of the GPU of each rank that needs most, at the instant of its peak.",
    """
    rank INTEGER NOT NULL,
    kind TEXT NOT NULL,
    bytes REAL NOT NULL CHECK (bytes >= 0),
    gpus INTEGER NOT NULL DEFAULT 1, -- GPUs of the rank; none needs more
    """, "UNIQUE (run, rank, kind)")

  func bind(to row: inout RowBinder) { row.add(rank, kind, bytes, gpus) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    let (rank, kind, bytes): (Int, MemoryKind, Bytes) = try (
      row.get("rank", in: StoredRow.ranks), row.get("kind"), row.get("bytes")
    )
    self.init(rank: rank, gpus: try row.get("gpus", older: 1), kind: kind, bytes: bytes)
  }
}
