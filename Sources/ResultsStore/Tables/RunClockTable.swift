// Wall-clock facts of runs. They are in this table alone, so all other rows of a repeated run are
// equal byte for byte.

import Foundation
import GRDB

extension RunClock {
  static let table = Table(
    "run_clock",
    """
    CREATE TABLE run_clock (
      run INTEGER PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
      started_at TEXT NOT NULL,       -- ISO 8601, UTC
      wall_s REAL NOT NULL
    ) STRICT
    """)

  /// Inserts the facts of a stored run.
  func insert(run: Int64, into database: Database) throws {
    try database.insert(into: Self.table, run, startedAt.ISO8601Format(), wallSeconds)
  }
}
