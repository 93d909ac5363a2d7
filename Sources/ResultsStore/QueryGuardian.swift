// The permissions of a query: to read this one file, within its time limit.

import GRDBSQLite

/// Decides whether a query's actions are allowed, and remembers why it was refused.
final class QueryGuardian {
  /// The first forbidden action of the query; nil if there is none so far.
  var refused: String?
  /// The instant at which the query is stopped.
  var deadline = ContinuousClock.now

  /// PRAGMAs that only describe the file.
  private static let readingPragmas = [
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
    "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "database_list",
  ]
  /// PRAGMAs that read without an argument and write with one.
  private static let readingPragmasWithoutValue = ["user_version", "application_id", "page_count"]

  /// Answers SQLite's authorizer: whether a statement may take an action on one or two objects.
  func judge(_ action: Int32, _ first: String?, _ second: String?) -> Int32 {
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
    // SQLite asks for this when it declares the columns of a table function such as json_each. An
    // actual update of this table is refused by SQLite itself, and by `query_only`.
    case SQLITE_UPDATE where first == "sqlite_master": return SQLITE_OK
    case SQLITE_FUNCTION where second?.lowercased() != "load_extension": return SQLITE_OK
    case SQLITE_PRAGMA:
      let name = (first ?? "").lowercased()
      if Self.readingPragmas.contains(name) { return SQLITE_OK }
      if second == nil, Self.readingPragmasWithoutValue.contains(name) { return SQLITE_OK }
    default: break
    }
    refused = refused ?? Self.words(for: action, first)
    return SQLITE_DENY
  }

  private static func words(for action: Int32, _ first: String?) -> String {
    let name = first.map { " \($0)" } ?? ""
    switch action {
    case SQLITE_INSERT: return "insert into\(name)"
    case SQLITE_UPDATE: return "update\(name)"
    case SQLITE_DELETE: return "delete from\(name)"
    case SQLITE_ATTACH: return "attach another file"
    case SQLITE_PRAGMA: return "run PRAGMA\(name)"
    case SQLITE_FUNCTION: return "load an extension"
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return "start or end a transaction"
    default: return "change the file"
    }
  }
}
