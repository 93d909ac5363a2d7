// Load profiles: routing traces scaled up to a full model.

import GRDB
import Routing

extension LoadProfile {
  static let table = Table(
    "load_profile",
    """
    CREATE TABLE load_profile (
      id INTEGER PRIMARY KEY,
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      layers INTEGER NOT NULL,
      -- Notes say what is measured, fitted, published and assumed; then the shares of each layer
      -- and domain in 65,536ths, one column per expert.
      profile TEXT NOT NULL
    ) STRICT
    """)

  /// Inserts a profile for a trace; nil means the last trace.
  func insert(of trace: TraceID?, into database: Database) throws {
    let last = try Int64.fetchOne(database, sql: "SELECT MAX(id) FROM routing_trace")
    try database.insert(into: Self.table, nil as Int64?, trace?.rawValue ?? last, layers, text)
  }

  /// Reads a profile.
  ///
  /// - Throws: `StoreProblem.damaged` for a text that is not a profile.
  init(from row: inout StoredRow) throws(StoreProblem) {
    let text: String = try row.get("profile")
    do {
      self = try LoadProfile(text: text)
    } catch {
      throw row.damage("profile, \(error.description)")
    }
  }
}
