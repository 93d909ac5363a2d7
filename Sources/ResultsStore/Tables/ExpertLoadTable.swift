// The load of each expert.

import Recording

extension ExpertLoad: TableRow {
  static let table = Table.list(
    "expert_load",
    "Token-expert pairs of each expert in a step of one expert group; empty for balanced loads.",
    """
    layer INTEGER NOT NULL,         -- among the layers with experts, from 0
    expert INTEGER NOT NULL,
    gpu INTEGER NOT NULL,           -- of the expert group, from 0
    rows INTEGER NOT NULL CHECK (rows >= 0),
    """, "UNIQUE (run, layer, expert)")

  func bind(to row: inout RowBinder) { row.add(layer, expert, gpu, rows) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      layer: row.get("layer"), expert: row.get("expert"), gpu: row.get("gpu"),
      rows: row.get("rows"))
  }
}
