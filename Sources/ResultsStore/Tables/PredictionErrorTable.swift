// What comparisons rank by, in draws of what is not known exactly.

import Recording

extension PredictionError: TableRow {
  static let table = Table.list(
    "prediction_error",
    """
    The time of a step or of a run, or a service's time per output token of a GPU, in a draw of what
    is not known exactly over that at the best estimates: of an approximation from the kernels of a
    step, or of simulated draws if a number of replications was asked for. Draws with the same
    number are alike in all variants of a scenario, so that variants are compared draw by draw.
    """,
    """
    draw INTEGER NOT NULL,
    time_ratio REAL NOT NULL,
    """, "UNIQUE (run, draw)")

  func bind(to row: inout RowBinder) { row.add(draw, timeRatio) }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(draw: row.get("draw"), timeRatio: row.get("time_ratio"))
  }
}
