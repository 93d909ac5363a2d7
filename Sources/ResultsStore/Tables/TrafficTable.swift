// The traffic of runs by purpose and class of link.

import Recording

extension Traffic: TableRow {
  static let table = Table.list(
    "traffic",
    """
    Bytes by purpose and class of link, mean over all GPUs. Of each purpose, as many bytes leave by
    NICs as arrive by NICs, and likewise by the scale-up fabric.
    """,
    """
    kind TEXT NOT NULL,             -- why they are sent
    link TEXT NOT NULL,
    bytes_per_gpu REAL NOT NULL CHECK (bytes_per_gpu >= 0),
    """, "UNIQUE (run, kind, link)")

  func bind(to row: inout RowBinder) { row.add(kind, link, bytesPerGPU) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      kind: row.get("kind"), link: row.get("link"), bytesPerGPU: row.get("bytes_per_gpu"))
  }
}
