// Experiments: created once, then filled trial by trial, with one transaction per trial. An
// interrupted experiment is found again by its hash and resumes where it stopped.

import GRDB
import Recording

/// The identity of an experiment, known before its first trial.
package struct ExperimentHead: Hashable, Sendable {
  /// The kind, for example `compare`.
  package var kind: String
  /// A readable name.
  package var name: String
  /// SHA-256 of everything that determines its trials, in hexadecimal.
  package var hash: String
  /// The number of trials when complete.
  package var trialCount: Int
  /// What varies, stored when the experiment is new.
  package var axes: [AxisRecord]

  package init(
    kind: String, name: String, hash: String, trialCount: Int, axes: [AxisRecord] = []
  ) {
    self.kind = kind
    self.name = name
    self.hash = hash
    self.trialCount = trialCount
    self.axes = axes
  }
}

/// A stored experiment with its trials so far.
package struct StoredExperiment: Sendable {
  /// The kind, for example `compare`.
  package var kind: String
  /// The number of trials when complete; nil in older files, which do not store it.
  package var trialCount: Int?
  /// The stored trials, in order; their runs come without timelines.
  package var trials: [TrialRecord]
}

extension ResultsStore {
  /// Returns the experiment with this hash, creating it if the file has none.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  package func begin(_ head: ExperimentHead) throws -> ExperimentID {
    try transaction { try head.findOrInsert(into: $0) }
  }

  /// Stores a trial and its run in one transaction.
  ///
  /// A trial that another process running the same experiment has already stored is left unchanged.
  ///
  /// - Parameters:
  ///   - trial: the trial, with the record of its run if there is one.
  ///   - experiment: the experiment that it belongs to.
  ///   - clock: the wall-clock facts of its run; nil if there is no run.
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for a problem
  ///   with the file.
  package func write(_ trial: TrialRecord, of experiment: ExperimentID, clock: RunClock?) throws {
    if let record = trial.record { try Self.checkFinite(record) }
    try transaction { database in
      guard try !trial.isStored(of: experiment, in: database) else { return }
      let run = try trial.record.map { try Self.insert($0, clock: clock, into: database) }
      try trial.insert(of: experiment, run: run, into: database)
    }
  }

  /// Returns an experiment with its trials.
  ///
  /// - Throws: `StoreProblem.noSuchRow` if there is no such experiment, `.damaged` for a row
  ///   that no version of the program writes.
  package func experiment(_ id: ExperimentID) throws(StoreProblem) -> StoredExperiment {
    let experiments = try rows("SELECT * FROM experiment WHERE id = \(id.rawValue)") {
      row throws(StoreProblem) in
      try StoredExperiment(from: &row, trials: trials(of: id))
    }
    guard let experiment = experiments.first else {
      let count = try query("SELECT count(*) FROM experiment").rows.first?.first?.number ?? 0
      throw missing("experiment", id.rawValue, known: Int(count))
    }
    return experiment
  }

  /// Returns the experiment that was created or extended last; nil if another run was stored later.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  package func lastExperiment() throws(StoreProblem) -> ExperimentID? {
    // If no trial of the last experiment could run, the file has no run newer than the experiment.
    let empty =
      try hasColumn("runs_before", in: "experiment")
      ? "SELECT MAX(id) FROM experiment WHERE runs_before >= "
        + "(SELECT COALESCE(MAX(id), 0) FROM run)"
      : "NULL"
    let last = try rows(
      """
      SELECT COALESCE(
        (\(empty)), (SELECT experiment FROM trial WHERE run = (SELECT MAX(id) FROM run))) AS id
      """
    ) { row throws(StoreProblem) in try row.get("id") as Int64? }
    return last.first?.map { ExperimentID(rawValue: $0) }
  }

  /// Returns the stored trials of an experiment, in order; their runs come without timelines.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  package func trials(of experiment: ExperimentID) throws(StoreProblem) -> [TrialRecord] {
    let id = experiment.rawValue
    let parameters = try rows(
      "SELECT * FROM trial_parameter WHERE experiment = \(id) ORDER BY trial, position"
    ) { row throws(StoreProblem) in try TrialParameter(from: &row) }
    var rest = parameters[...]
    return try rows("SELECT * FROM trial WHERE experiment = \(id) ORDER BY position") {
      row throws(StoreProblem) in
      var trial = try TrialRecord(from: &row) { run throws(StoreProblem) in
        try record(of: run, withTimeline: false)
      }
      let own = rest.prefix { $0.trial <= trial.index }
      rest = rest.dropFirst(own.count)
      trial.parameters = own.map { ($0.key, $0.value) }
      return trial
    }
  }
}
