// The ranges of designs.

import Recording

extension DesignRecord.Range {
  static let table = Table.list(
    "experiment_range", of: "experiment", "The ranges of an experiment's design.",
    """
    key TEXT NOT NULL,
    low TEXT NOT NULL,              -- the ends, as in a scenario
    high TEXT NOT NULL,
    """, "UNIQUE (experiment, key)")

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(key: row.get("key"), low: row.get("low"), high: row.get("high"))
  }
}
