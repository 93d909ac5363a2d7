// Parts of a sweep: each has one writer and no write-ahead log, so it may lie on a network file
// system. Whole parts are merged into one file that depends on their rows alone: rows keep their
// numbers, and VACUUM INTO writes them in the order of their keys.

import Foundation
import GRDB
import Recording
import Text

/// The state of a trial in a part of a sweep.
package struct StoredTrial: Hashable, Sendable {
  /// The position in the sweep, from 0.
  package var index: Int
  /// Why there is no run; nil if there is one.
  package var reason: String?
  /// Whether the reason is a bug of the program.
  package var isBroken: Bool
}

extension ResultsStore {
  /// Opens a part for its only writer, or creates it with its first trial.
  ///
  /// - Throws: as `init(path:mode:)`.
  package convenience init(part path: String) throws(StoreProblem) {
    try self.init(path: path, mode: .create, busySeconds: 10, pageLimit: nil, keepsLog: false)
  }

  /// Stores a trial of a sweep; its run has the number of the trial, from 1.
  ///
  /// - Throws: as `write(_:of:clock:)`.
  package func writeNumbered(_ trial: TrialRecord, of head: ExperimentHead) throws {
    if let record = trial.record { try Self.checkFinite(record) }
    try transaction { database in
      let experiment = try head.findOrInsert(into: database)
      guard try !trial.isStored(of: experiment, in: database) else { return }
      let run = try trial.record.map {
        try Self.insert($0, number: Int64(trial.index) + 1, clock: nil, into: database)
      }
      try trial.insert(of: experiment, run: run, into: database)
    }
  }

  /// Returns the trials of a sweep that the file has, in order; nil if it has another sweep.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  package func storedTrials(of head: ExperimentHead) throws(StoreProblem) -> [StoredTrial]? {
    let hashes = try rows("SELECT sha256 FROM experiment") { row throws(StoreProblem) in
      try row.get("sha256") as String?
    }
    guard hashes == [head.hash] else { return nil }
    return try rows("SELECT position, refusal, is_broken FROM trial ORDER BY position") {
      row throws(StoreProblem) in
      StoredTrial(
        index: try row.get("position"), reason: try row.get("refusal"),
        isBroken: try row.get("is_broken"))
    }
  }

  /// Merges parts of a sweep into a file that appears whole, and replaces an older one.
  ///
  /// - Parameters:
  ///   - parts: paths of the parts' files, copied in this order.
  ///   - path: path of the merged file.
  ///   - head: the sweep that the parts belong to.
  ///   - keepsFailed: whether trials without a run are kept.
  /// - Throws: `StoreProblem` for a problem with a file; the older file is then unchanged.
  package static func merge(
    _ parts: [String], into path: String, of head: ExperimentHead, keepsFailed: Bool = true
  ) throws {
    let file = StoreFile(path: path)
    let staging = try file.makeStagingFile()
    defer { staging.remove() }
    let compact = try file.makeStagingFile()
    defer { compact.remove() }
    do {
      let queue = try DatabaseQueue(path: staging.path)
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = OFF")
        try database.inTransaction(.immediate) {
          try Schema.bringUpToDate(database, path: path)
          _ = try head.findOrInsert(into: database)
          return .commit
        }
        for part in parts {
          try database.execute(sql: "ATTACH ? AS part", arguments: [part])
          try database.inTransaction(.immediate) {
            try copy(from: part, keepsFailed: keepsFailed, in: database)
            return .commit
          }
          try database.execute(sql: "DETACH part")
        }
        try database.execute(sql: "VACUUM INTO ?", arguments: [compact.path])
      }
      try queue.close()
    } catch let error as DatabaseError {
      throw StoreProblem(
        path: path, code: error.resultCode, message: error.message ?? error.description)
    }
    try file.replace(with: compact)
  }

  /// Copies the rows of an attached part that are not there yet.
  private static func copy(
    from part: String, keepsFailed: Bool, in database: Database
  ) throws {
    for table in Schema.tables where !table.isOfStudies {
      let columns = try String.fetchAll(
        database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table.name])
      let trials =
        "SELECT position FROM part.trial WHERE refusal IS NULL OR \(keepsFailed ? 1 : 0)"
      let condition: String
      switch table.name {
      case "experiment": continue
      case AxisRecord.table.name, DesignRecord.Range.table.name: condition = "TRUE"
      case "trial": condition = "position IN (\(trials))"
      case "trial_parameter": condition = "trial IN (\(trials))"
      case "run": condition = "id IN (SELECT run FROM part.trial)"
      default:
        guard columns.first == "run" else { continue }
        condition = "run IN (SELECT run FROM part.trial)"
      }
      let list = columns.joined(separator: ", ")
      try database.execute(
        sql: """
          INSERT OR IGNORE INTO main.\(table.name) (\(list))
          SELECT \(list) FROM part.\(table.name) WHERE \(condition)
          """)
    }
  }
}

extension Table {
  /// Whether its rows belong to a study or a trace, which no sweep has.
  fileprivate var isOfStudies: Bool {
    ![
      "experiment", "trial", "trial_parameter", "run", AxisRecord.table.name,
      DesignRecord.Range.table.name,
    ].contains(name) && !creation.contains("REFERENCES run (id)")
  }
}

extension ExperimentHead {
  /// Returns the number of the experiment, inserting it if it is new.
  func findOrInsert(into database: Database) throws -> ExperimentID {
    if let known = try find(in: database) { return ExperimentID(rawValue: known) }
    let experiment = try Self.insert(
      name: name, kind: kind, hash: hash, trialCount: trialCount, into: database)
    try insertAxes(of: experiment, into: database)
    return experiment
  }
}

extension StoreFile {
  /// Gives a finished file the final name; it is on disk with that name when this returns.
  func replace(with finished: UnfinishedFile) throws(StoreProblem) {
    try Self.flush(finished.path, problem: path)
    guard finished.replaceTarget() else {
      throw StoreProblem(.inputOutput, path, "the file cannot be named", errno: errno)
    }
    let folder = safePath.lastIndex(of: "/").map { String(safePath[...$0]) } ?? "."
    try Self.flush(folder, problem: path)
  }

  /// Waits until a file or a folder is on disk.
  private static func flush(_ name: String, problem path: String) throws(StoreProblem) {
    let descriptor = open(name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreProblem(.inputOutput, path, "the file cannot be flushed", errno: errno)
    }
    defer { close(descriptor) }
    // Some file systems cannot flush a folder; there, the rename is as durable as they make it.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw StoreProblem(.inputOutput, path, "the file cannot be flushed", errno: errno)
    }
  }
}
