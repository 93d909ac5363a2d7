// Experiments; their trials or study rows are in other tables.

import GRDB
import Recording

extension ExperimentHead {
  static let table = Table(
    "experiment",
    """
    CREATE TABLE experiment (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      kind TEXT NOT NULL DEFAULT 'compare',
      sha256 TEXT,                    -- of everything that its trials follow from; NULL for studies
      trial_count INTEGER,            -- when it is complete; NULL for studies
      runs_before INTEGER NOT NULL DEFAULT 0 -- the last run in the file when the experiment began
    ) STRICT;
    CREATE UNIQUE INDEX experiment_sha256 ON experiment (sha256)
    """)

  /// Returns the number of the experiment with this hash; nil if there is none.
  func find(in database: Database) throws -> Int64? {
    try Int64.fetchOne(
      database, sql: "SELECT id FROM experiment WHERE sha256 = ?", arguments: [hash])
  }

  /// Inserts an experiment; a study has no hash and no trials.
  static func insert(
    name: String, kind: String, hash: String?, trialCount: Int?, into database: Database
  ) throws -> ExperimentID {
    let last = try Int64.fetchOne(database, sql: "SELECT COALESCE(MAX(id), 0) FROM run") ?? 0
    return ExperimentID(
      rawValue: try database.insert(
        into: table, nil as Int64?, name, kind, hash, trialCount, last))
  }
}

extension StoredExperiment {
  /// Reads an experiment whose trials are known.
  init(from row: inout StoredRow, trials: [TrialRecord]) throws(StoreProblem) {
    try self.init(
      kind: row.get("kind", older: "compare"), trialCount: row.get("trial_count"), trials: trials)
  }
}
