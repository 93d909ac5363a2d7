// The load imbalance between the GPUs of an expert group in each layer.

import Recording

extension LayerLoad: TableRow {
  static let table = Table.list(
    "layer_load",
    """
    Rows of the most loaded GPU of an expert group / mean, mean over microbatches; then the same
    for the past loads that the placement was planned on, NULL where there are none.
    """,
    """
    layer INTEGER NOT NULL,
    max_over_mean REAL NOT NULL,
    planned_max_over_mean REAL,
    """, "UNIQUE (run, layer)")

  func bind(to row: inout RowBinder) { row.add(layer, maxOverMean, plannedMaxOverMean) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      layer: row.get("layer"), maxOverMean: row.get("max_over_mean"),
      plannedMaxOverMean: row.get("planned_max_over_mean"))
  }
}
