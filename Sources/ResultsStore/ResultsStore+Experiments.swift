// Experiments: begun once, filled trial by trial, each trial in a transaction of its own. What ends
// in the middle is found again by its hash and goes on where it stopped.

import GRDB
import Recording

/// What an experiment is, before its first trial.
package struct ExperimentHead: Hashable, Sendable {
  /// The kind, for example `compare`.
  package var kind: String
  /// The name, for people.
  package var name: String
  /// SHA-256 of everything that its trials follow from, in hexadecimal.
  package var hash: String
  /// Trials when it is complete.
  package var trialCount: Int

  package init(kind: String, name: String, hash: String, trialCount: Int) {
    self.kind = kind
    self.name = name
    self.hash = hash
    self.trialCount = trialCount
  }
}

/// A stored experiment with the trials that it has so far.
package struct StoredExperiment: Sendable {
  /// The kind, for example `compare`.
  package var kind: String
  /// Trials when it is complete; nil in files from before that was known.
  package var trialCount: Int?
  /// Those that are there, in their order, their runs without timelines.
  package var trials: [TrialRecord]
}

extension ResultsStore {
  /// The experiment with this hash: the one that was begun before, or a new one.
  ///
  /// - Throws: `StoreProblem` for the file.
  package func begin(_ head: ExperimentHead) throws -> ExperimentID {
    try transaction { database in
      if let known = try head.find(in: database) { return ExperimentID(rawValue: known) }
      return try ExperimentHead.insert(
        name: head.name, kind: head.kind, hash: head.hash, trialCount: head.trialCount,
        into: database)
    }
  }

  /// Stores a trial and its run in one transaction; one that is there already, from another program
  /// that runs the same experiment, stays as it is.
  ///
  /// - Parameter clock: the wall-clock facts of its run; nil where there is none.
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for the file.
  package func write(_ trial: TrialRecord, of experiment: ExperimentID, clock: RunClock?) throws {
    if let record = trial.record { try Self.checkFinite(record) }
    try transaction { database in
      guard try !trial.isStored(of: experiment, in: database) else { return }
      let run = try trial.record.map { try Self.insert($0, clock: clock, into: database) }
      try trial.insert(of: experiment, run: run, into: database)
    }
  }

  /// An experiment with its trials.
  ///
  /// - Throws: `StoreProblem.noSuchRow` where there is no such experiment, `.damaged` for a row
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

  /// The experiment that was stored last, or had a trial stored last, where no other run was stored
  /// after it; nil otherwise.
  ///
  /// - Throws: `StoreProblem` for the file.
  package func lastExperiment() throws(StoreProblem) -> ExperimentID? {
    // An experiment of which nothing could be run has no run after those that were there before.
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

  /// The trials of an experiment that are stored, in their order, their runs without timelines.
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
