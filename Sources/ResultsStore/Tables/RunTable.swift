// Runs: provenance and fingerprint.

import GRDB
import Recording

extension Provenance {
  static let table = Table(
    "run",
    """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      scenario_name TEXT NOT NULL,
      scenario_text TEXT NOT NULL,    -- with each line of an order of the user's own as a comment
      scenario_sha256 TEXT NOT NULL,  -- of text and settings, hexadecimal
      seed TEXT NOT NULL,             -- decimal; unsigned 64 bits do not fit in INTEGER
      program_version TEXT NOT NULL,
      schedule TEXT NOT NULL,         -- empty where there is none
      fingerprint TEXT NOT NULL,      -- hash over the executed events, hexadecimal
      status TEXT NOT NULL CHECK (status IN ('complete')),
      question TEXT NOT NULL DEFAULT 'training_step' -- the kind of question that was asked
    ) STRICT
    """)

  /// Inserts the run without its lists; without a number, it gets the next one.
  func insert(
    number: Int64?, fingerprint: String, into database: Database
  ) throws -> Int64 {
    try database.insert(
      into: Self.table, number, scenarioName, scenarioText, scenarioHash, seed,
      programVersion, schedule, fingerprint, "complete", question)
  }

  /// Reads a run, given its settings.
  init(from row: inout StoredRow, settings: [Setting]) throws(StoreProblem) {
    let schedule: String = try row.get("schedule")
    // Older files do not name the question; in them, only training steps have a schedule.
    let question = schedule.isEmpty ? "inference_step" : "training_step"
    try self.init(
      scenarioName: row.get("scenario_name"), scenarioText: row.get("scenario_text"),
      settings: settings, scenarioHash: row.get("scenario_sha256"), seed: row.get("seed"),
      programVersion: row.get("program_version"), question: row.get("question", older: question),
      schedule: schedule)
  }
}
