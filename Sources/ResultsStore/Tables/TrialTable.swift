// The trials of experiments.

import GRDB
import Recording

extension TrialRecord {
  static let table = Table(
    "trial",
    """
    CREATE TABLE trial (
      -- A trial has its run, or the reason why there is none.
      experiment INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      run INTEGER UNIQUE REFERENCES run (id) ON DELETE CASCADE,
      refusal TEXT,
      is_broken INTEGER NOT NULL DEFAULT 0 CHECK (is_broken IN (0, 1)), -- no run: a bug of dsv3sim
      PRIMARY KEY (experiment, position),
      CHECK ((run IS NULL) <> (refusal IS NULL))
    ) STRICT, WITHOUT ROWID
    """)

  /// Returns whether the trial is already stored.
  func isStored(of experiment: ExperimentID, in database: Database) throws -> Bool {
    try Bool.fetchOne(
      database, sql: "SELECT EXISTS (SELECT 1 FROM trial WHERE experiment = ? AND position = ?)",
      arguments: [experiment.rawValue, index]) ?? false
  }

  /// Inserts the trial with its parameters; its run must already be stored.
  func insert(of experiment: ExperimentID, run: RunID?, into database: Database) throws {
    let isBroken = if case .broken = outcome { true } else { false }
    try database.insert(
      into: Self.table, experiment.rawValue, index, run?.rawValue, outcome.reason, isBroken)
    try database.insert(parameters, into: TrialParameter.table) { row, position, parameter in
      row.add(experiment.rawValue, index, position, parameter.key, parameter.value)
    }
  }

  /// Reads a trial without its parameters.
  ///
  /// - Parameter record: reads a run.
  init(
    from row: inout StoredRow, record: (RunID) throws(StoreProblem) -> RunRecord?
  ) throws(StoreProblem) {
    let run: Int64? = try row.get("run")
    let reason: String? = try row.get("refusal")
    let isBroken = try row.get("is_broken", older: false)
    let outcome: Outcome =
      if let run, let record = try record(RunID(rawValue: run)) {
        .ran(record)
      } else if isBroken {
        .broken(reason: reason ?? "")
      } else {
        .refused(reason: reason ?? "")
      }
    self.init(index: try row.get("position"), parameters: [], outcome: outcome)
  }
}
