// Experiments: begun once, filled trial by trial, each trial in a transaction of its own. What ends
// in the middle is found again by its hash and goes on where it stopped.

import GRDB
import Recording

/// What an experiment is, before its first trial.
public struct ExperimentHead: Hashable, Sendable {
  /// The kind, for example `compare`.
  public var kind: String
  /// The name, for people.
  public var name: String
  /// SHA-256 of everything that its trials follow from, in hexadecimal.
  public var hash: String
  /// Trials when it is complete.
  public var trialCount: Int

  public init(kind: String, name: String, hash: String, trialCount: Int) {
    self.kind = kind
    self.name = name
    self.hash = hash
    self.trialCount = trialCount
  }
}

/// A stored experiment with the trials that it has so far.
public struct StoredExperiment: Sendable {
  /// The kind, for example `compare`.
  public var kind: String
  /// Trials when it is complete; nil in files from before that was known.
  public var trialCount: Int?
  /// Those that are there, in their order, their runs without timelines.
  public var trials: [TrialRecord]
}

extension ResultsStore {
  /// The experiment with this hash: the one that was begun before, or a new one.
  ///
  /// - Throws: `StoreProblem` for the file.
  public func begin(_ head: ExperimentHead) throws -> ExperimentID {
    try transaction { database in
      let known = try Int64.fetchOne(
        database, sql: "SELECT id FROM experiment WHERE sha256 = ?", arguments: [head.hash])
      if let known { return ExperimentID(rawValue: known) }
      try database.execute(
        sql: """
          INSERT INTO experiment VALUES
            (NULL, ?, ?, ?, ?, (SELECT COALESCE(MAX(id), 0) FROM run))
          """, arguments: [head.name, head.kind, head.hash, head.trialCount])
      return ExperimentID(rawValue: database.lastInsertedRowID)
    }
  }

  /// Stores a trial and its run in one transaction; one that is there already, from another program
  /// that runs the same experiment, stays as it is.
  ///
  /// - Parameter clock: the wall-clock facts of its run; nil where there is none.
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for the file.
  public func write(_ trial: TrialRecord, of experiment: ExperimentID, clock: RunClock?) throws {
    if let record = trial.record { try Self.checkFinite(record) }
    try transaction { database in
      let known = try Int.fetchOne(
        database, sql: "SELECT 1 FROM trial WHERE experiment = ? AND position = ?",
        arguments: [experiment.rawValue, trial.index])
      guard known == nil else { return }
      var run: RunID?
      var isBroken = false
      switch trial.outcome {
      case .ran(let record): run = try Self.insert(record, clock: clock, into: database)
      case .refused: break
      case .broken: isBroken = true
      }
      try database.execute(
        sql: "INSERT INTO trial VALUES (?, ?, ?, ?, ?)",
        arguments: [
          experiment.rawValue, trial.index, run?.rawValue, trial.outcome.reason, isBroken,
        ])
      for (position, parameter) in trial.parameters.enumerated() {
        try database.execute(
          sql: "INSERT INTO trial_parameter VALUES (?, ?, ?, ?, ?)",
          arguments: [experiment.rawValue, trial.index, position, parameter.key, parameter.value])
      }
    }
  }

  /// An experiment with its trials.
  ///
  /// - Throws: `StoreProblem.noSuchRow` where there is no such experiment, `.damaged` for a row
  ///   that no version of the program writes.
  public func experiment(_ id: ExperimentID) throws(StoreProblem) -> StoredExperiment {
    let knowsKinds = try hasColumn("kind", in: "experiment")
    let columns = knowsKinds ? "kind, trial_count" : "'compare', NULL"
    let table = try query("SELECT \(columns) FROM experiment WHERE id = \(id.rawValue)")
    guard let values = table.rows.first else {
      let count = try query("SELECT count(*) FROM experiment").rows.first?.first?.number ?? 0
      throw missing("experiment", id.rawValue, known: Int(count))
    }
    var row = StoredRow(values: values, path: path)
    return StoredExperiment(
      kind: try row.text(), trialCount: row.optionalInteger().map { Int($0) },
      trials: try trials(of: id))
  }

  /// The experiment that was stored last, or had a trial stored last, where no other run was stored
  /// after it; nil otherwise.
  ///
  /// - Throws: `StoreProblem` for the file.
  public func lastExperiment() throws(StoreProblem) -> ExperimentID? {
    // An experiment of which nothing could be run has no run after those that were there before.
    let empty =
      try hasColumn("runs_before", in: "experiment")
      ? "SELECT MAX(id) FROM experiment WHERE runs_before >= "
        + "(SELECT COALESCE(MAX(id), 0) FROM run)"
      : "NULL"
    let table = try query(
      """
      SELECT COALESCE(
        (\(empty)), (SELECT experiment FROM trial WHERE run = (SELECT MAX(id) FROM run)))
      """)
    guard let values = table.rows.first else { return nil }
    var row = StoredRow(values: values, path: path)
    return row.optionalInteger().map { ExperimentID(rawValue: $0) }
  }

  /// The trials of an experiment that are stored, in their order, their runs without timelines.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  public func trials(of experiment: ExperimentID) throws(StoreProblem) -> [TrialRecord] {
    let id = experiment.rawValue
    let broken = try hasColumn("is_broken", in: "trial") ? "is_broken" : "0"
    var parameters = try self.parameters(of: experiment)[...]
    return try rows(
      "SELECT position, run, refusal, \(broken) FROM trial WHERE experiment = \(id)"
        + " ORDER BY position"
    ) { row throws(StoreProblem) in
      let index = Int(try row.integer())
      let run = row.optionalInteger().map { RunID(rawValue: $0) }
      let reason = row.optionalText() ?? ""
      let isBroken = try row.integer() == 1
      let record: RunRecord? =
        if let run { try self.record(of: run, withTimeline: false) } else { nil }
      let own = parameters.prefix { $0.trial <= index }
      parameters = parameters.dropFirst(own.count)
      return TrialRecord(
        index: index, parameters: own.map { ($0.key, $0.value) },
        outcome: record.map { .ran($0) }
          ?? (isBroken ? .broken(reason: reason) : .refused(reason: reason)))
    }
  }

  private func parameters(
    of experiment: ExperimentID
  ) throws(StoreProblem) -> [(trial: Int, key: String, value: String)] {
    try rows(
      "SELECT trial, key, value FROM trial_parameter WHERE experiment = \(experiment.rawValue)"
        + " ORDER BY trial, position"
    ) { row throws(StoreProblem) in (Int(try row.integer()), try row.text(), try row.text()) }
  }
}
