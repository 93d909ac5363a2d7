// The time series of services.

import Recording

extension ServiceSample: TableRow {
  static let table = Table.list(
    "service_sample",
    "The state of a service at the end of each interval, and what happened in it.",
    """
    time_ps INTEGER NOT NULL,       -- the end of the interval
    arrived INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    running INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    kv_use REAL NOT NULL,           -- share of all KV caches
    units_up INTEGER NOT NULL,
    """, "UNIQUE (run, time_ps)")

  func bind(to row: inout RowBinder) {
    row.add(time, arrived, finished, rejected, lost, outputTokens, running, queued, cacheUse)
    row.add(unitsUp)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(time: row.get("time_ps"))
    arrived = try row.get("arrived")
    finished = try row.get("finished")
    rejected = try row.get("rejected")
    lost = try row.get("lost")
    outputTokens = try row.get("output_tokens")
    running = try row.get("running")
    queued = try row.get("queued")
    cacheUse = try row.get("kv_use")
    unitsUp = try row.get("units_up")
  }
}
