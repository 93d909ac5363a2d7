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
    guard try hasTable("load_profile") else { return nil }
    let texts = try rows("SELECT profile FROM load_profile ORDER BY id DESC LIMIT 1") {
      row throws(StoreProblem) in try row.text()
    }
    guard let text = texts.first else { return nil }
    do {
      return try LoadProfile(text: text)
    } catch {
      throw StoreProblem(.damaged, path, "the file is damaged: profile, \(error.description)")
    }
  }
}
