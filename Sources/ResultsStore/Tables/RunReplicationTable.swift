// The replications of whole training runs.

import Recording

extension RunReplication: TableRow {
  static let table = Table.list(
    "run_replication", "Each replication of a training run; position is its number.",
    """
    wall_s REAL NOT NULL,           -- from the request of nodes to the end
    queue_s REAL NOT NULL,
    productive_s REAL NOT NULL,
    save_s REAL NOT NULL,
    ideal_s REAL NOT NULL,          -- productive_s if all GPUs had been alike
    gpu_hours REAL NOT NULL,
    usd REAL NOT NULL,
    joules REAL NOT NULL,
    failures INTEGER NOT NULL,      -- those that did not stop the run included
    restarts INTEGER NOT NULL,
    restarts_from_scratch INTEGER NOT NULL,
    skipped_tokens REAL NOT NULL,
    """)

  func bind(to row: inout RowBinder) {
    row.add(seconds, queueSeconds, productiveSeconds, saveSeconds, idealSeconds, gpuHours, usd)
    row.add(joules, failures, restarts, restartsFromScratch, skippedTokens)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      seconds: row.get("wall_s"), queueSeconds: row.get("queue_s"),
      productiveSeconds: row.get("productive_s"))
    saveSeconds = try row.get("save_s")
    idealSeconds = try row.get("ideal_s")
    gpuHours = try row.get("gpu_hours")
    usd = try row.get("usd")
    joules = try row.get("joules")
    failures = try row.get("failures")
    restarts = try row.get("restarts")
    restartsFromScratch = try row.get("restarts_from_scratch")
    skippedTokens = try row.get("skipped_tokens")
  }
}
