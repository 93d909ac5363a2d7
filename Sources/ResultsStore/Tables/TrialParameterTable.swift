// The parameters of each trial.

/// A parameter of a trial.
struct TrialParameter {
  static let table = Table(
    "trial_parameter",
    """
    CREATE TABLE trial_parameter (
      experiment INTEGER NOT NULL,
      trial INTEGER NOT NULL,
      position INTEGER NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (experiment, trial, position),
      FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, position) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID
    """)

  /// The position of the trial in its experiment.
  let trial: Int
  let key: String
  let value: String

  init(from row: inout StoredRow) throws(StoreProblem) {
    trial = try row.get("trial")
    key = try row.get("key")
    value = try row.get("value")
  }
}
