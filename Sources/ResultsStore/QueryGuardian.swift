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

  /// Functions of SQLite's own that neither reach outside the query nor show addresses.
  private static let functions = Set(
    """
    abs char coalesce concat concat_ws format glob hex ifnull iif instr length like likelihood
    likely lower ltrim max min nullif octet_length printf quote random randomblob replace round
    rtrim sign soundex sqlite_version substr substring trim typeof unhex unicode unlikely upper
    zeroblob avg count group_concat string_agg sum total median percentile percentile_cont
    percentile_disc row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value
    last_value nth_value date time datetime julianday unixepoch strftime timediff json
    json_array json_array_length json_each json_extract json_insert json_object json_patch
    json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid
    json_group_array json_group_object json_error_position -> ->> acos acosh asin asinh atan
    atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
    radians sin sinh sqrt tan tanh trunc
    """.split(whereSeparator: \.isWhitespace).map(String.init))

  /// Answers SQLite's authorizer: whether a statement may take an action on one or two objects.
  func judge(_ action: Int32, _ first: String?, _ second: String?) -> Int32 {
    switch action {
    case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
    // SQLite asks for this when it declares the columns of a table function such as json_each. An
    // actual update of this table is refused by SQLite itself, and by `query_only`.
    case SQLITE_UPDATE where first == "sqlite_master": return SQLITE_OK
    case SQLITE_FUNCTION where Self.functions.contains(second?.lowercased() ?? ""):
      return SQLITE_OK
    case SQLITE_PRAGMA:
      let name = (first ?? "").lowercased()
      if Self.readingPragmas.contains(name) { return SQLITE_OK }
      if second == nil, Self.readingPragmasWithoutValue.contains(name) { return SQLITE_OK }
    default: break
    }
    refused = refused ?? Self.words(for: action, action == SQLITE_FUNCTION ? second : first)
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
    case SQLITE_FUNCTION: return "call the function\(name)"
    case SQLITE_TRANSACTION, SQLITE_SAVEPOINT: return "start or end a transaction"
    default: return "change the file"
    }
  }
}
