// The figures of runs.

import Recording

extension Metric: TableRow {
  static let table = Table.list(
    "metric", "Figures of runs, of their ranks and pools, and percentiles; see the view figure.",
    """
    name TEXT NOT NULL,
    scope TEXT NOT NULL,            -- all, rank:3 or pool:prefill
    statistic TEXT NOT NULL,        -- value, mean, p50 ... p99.9, and ends: low, p90.high ...
    value REAL NOT NULL,
    unit TEXT NOT NULL,             -- 1 for ratios
    definition TEXT NOT NULL,
    """, "UNIQUE (run, name, scope, statistic)")

  func bind(to row: inout RowBinder) {
    row.add(kind, scope, statistic, value, kind.unit.symbol, kind.definition)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    let kind: MetricKind = try row.get("name")
    let scope = try row.get("scope", older: MetricScope.all)
    let statistic = try row.get("statistic", older: MetricStatistic.value)
    self.init(kind, try row.get("value"), scope: scope, statistic: statistic)
  }
}
