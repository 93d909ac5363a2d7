// Load profiles beside the traces that they were scaled from.

import GRDB
import Routing

extension ResultsStore {
  /// Stores a profile with the trace that it was scaled from: the last one, or that of a number.
  ///
  /// - Throws: `StoreProblem` for the file.
  /// - Precondition: the trace is there.
  public func write(_ profile: LoadProfile, of trace: TraceID?) throws {
    let text = profile.text
    try transaction { database in
      try database.execute(
        sql: """
          INSERT INTO load_profile
          VALUES (NULL, COALESCE(?, (SELECT MAX(id) FROM routing_trace)), ?, ?)
          """, arguments: [trace?.rawValue, profile.layers, text])
    }
  }

  /// The last profile of the file; nil where no trace was scaled.
  ///
  /// - Throws: `StoreProblem.damaged` for a text that is no profile.
  public func profile() throws(StoreProblem) -> LoadProfile? {
    let tables = try query("SELECT 1 FROM sqlite_schema WHERE name = 'load_profile'")
    guard !tables.rows.isEmpty else { return nil }
    let answer = try query("SELECT profile FROM load_profile ORDER BY id DESC LIMIT 1")
    guard let values = answer.rows.first else { return nil }
    var row = StoredRow(values: values, path: path)
    let text = try row.text()
    do {
      return try LoadProfile(text: text)
    } catch {
      throw StoreProblem(.damaged, path, "the file is damaged: profile, \(error.description)")
    }
  }
}
