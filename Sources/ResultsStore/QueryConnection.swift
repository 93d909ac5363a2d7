// A read-only connection for SQL written by the user, with three safeguards: an authorizer allows
// only reading this one file, `query_only` refuses every change, and a time limit stops the query.
// The file itself is opened for writing if permissions allow it: a read-only connection cannot
// remove the -wal and -shm files that SQLite creates, and would leave them next to the results.

import Foundation
import GRDB
import GRDBSQLite

/// A read-only connection to a results file.
final class QueryConnection {
  private var handle: OpaquePointer?
  fileprivate let path: String
  private let guardian = QueryGuardian()

  /// Opens the file.
  ///
  /// A file with a write-ahead log needs a writable folder even to be read. If the folder is not
  /// writable and no log is pending, the file cannot change either and is opened as immutable.
  init(_ file: StoreFile) throws(StoreProblem) {
    path = file.path
    // SQLite falls back to read-only by itself if the file is write-protected.
    try open(file.safePath, flags: SQLITE_OPEN_READWRITE)
    do {
      _ = try answer("SELECT 1 FROM run LIMIT 1", timeLimit: .seconds(60))
    } catch let problem
      where [.unwritableFolder, .readOnlyFile].contains(problem.kind) && !file.hasPendingJournal
    {
      sqlite3_close_v2(handle)
      let name = file.safePath.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
      try open(
        "file:\(name ?? file.safePath)?immutable=1", flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    } catch let problem where problem.kind == .badQuery {
      throw StoreProblem(.damaged, path, "the file is damaged: it has no table run")
    }
  }

  deinit { sqlite3_close_v2(handle) }

  private func open(_ name: String, flags: Int32) throws(StoreProblem) {
    let code = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK else { throw problem(code) }
    sqlite3_busy_timeout(handle, 10_000)
    sqlite3_exec(handle, "PRAGMA query_only = 1", nil, nil, nil)
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(Self.sizeLimit))
    let context = Unmanaged.passUnretained(guardian).toOpaque()
    sqlite3_set_authorizer(
      handle,
      { context, action, first, second, _, _ in
        guard let context else { return SQLITE_DENY }
        return Unmanaged<QueryGuardian>.fromOpaque(context).takeUnretainedValue()
          .judge(action, first.map { String(cString: $0) }, second.map { String(cString: $0) })
      }, context)
    sqlite3_progress_handler(
      handle, 10_000,
      { context in
        guard let context else { return 1 }
        let guardian = Unmanaged<QueryGuardian>.fromOpaque(context).takeUnretainedValue()
        return ContinuousClock.now > guardian.deadline ? 1 : 0
      }, context)
  }

  /// Runs one read-only statement.
  ///
  /// - Throws: `StoreProblem` `badQuery` with SQLite's message, `refusedQuery` for a statement that
  ///   would change something or for a second statement, `timeLimit`, `sizeLimit` for more than
  ///   256 MiB of rows, or a problem with the file.
  func answer(_ sql: String, timeLimit: Duration) throws(StoreProblem) -> ResultTable {
    let cursor = try cursor(sql, timeLimit: timeLimit)
    var rows: [[ResultValue]] = []
    var size = 0
    while let row = try cursor.next() {
      size += row.reduce(32) { $0 + $1.size }
      guard size <= Self.sizeLimit else {
        throw StoreProblem(
          .sizeLimit, path, "the answer is too long to be held: \(rows.count) rows and more",
          "narrow the query, or let --format csv write the rows as they come")
      }
      rows.append(row)
    }
    return ResultTable(columns: cursor.columns, rows: rows)
  }

  /// The most bytes of rows that are held, and of a single value.
  private static let sizeLimit = 256 << 20

  /// Returns a cursor over the rows of one read-only statement; only one cursor may be in use.
  ///
  /// - Throws: as `answer(_:timeLimit:)`.
  func cursor(_ sql: String, timeLimit: Duration) throws(StoreProblem) -> RowCursor {
    guardian.refused = nil
    guardian.deadline = .now + timeLimit
    return RowCursor(try prepare(sql), of: self, timeLimit: timeLimit)
  }

  /// Prepares the single statement in a text; comments and semicolons may follow it.
  private func prepare(_ sql: String) throws(StoreProblem) -> OpaquePointer {
    var statement: OpaquePointer?
    var code = SQLITE_OK
    var extra = false
    sql.withCString { text in
      var tail: UnsafePointer<CChar>?
      code = sqlite3_prepare_v2(handle, text, -1, &statement, &tail)
      while code == SQLITE_OK, let rest = tail, rest.pointee != 0 {
        var next: OpaquePointer?
        code = sqlite3_prepare_v2(handle, rest, -1, &next, &tail)
        extra = extra || (next != nil && statement != nil)
        if statement == nil { statement = next } else { sqlite3_finalize(next) }
      }
    }
    guard code == SQLITE_OK else {
      let found = problem(code)
      sqlite3_finalize(statement)
      throw found
    }
    guard let statement else { throw StoreProblem(.badQuery, path, "the query is empty") }
    guard !extra else {
      sqlite3_finalize(statement)
      throw StoreProblem(.refusedQuery, path, "the query has more than one statement")
    }
    return statement
  }

  fileprivate func problem(_ code: Int32) -> StoreProblem {
    let message = String(cString: sqlite3_errmsg(handle))
    if let refused = guardian.refused {
      return StoreProblem(
        .refusedQuery, path, "the query is refused: it would \(refused)",
        "queries may only read this file: SELECT, WITH, EXPLAIN, PRAGMA table_info")
    }
    switch code & 0xff {
    case SQLITE_ERROR, SQLITE_RANGE, SQLITE_TOOBIG, SQLITE_MISUSE, SQLITE_MISMATCH:
      return StoreProblem(.badQuery, path, "the query is not valid: \(message)", remedy())
    default:
      return StoreProblem(path: path, code: ResultCode(rawValue: code), message: message)
    }
  }

  /// The remedy for a query that names a missing table or column: a list of the tables and views,
  /// and how a file from an older program gains the missing ones.
  private func remedy() -> String {
    let version = text("PRAGMA user_version").flatMap { Int32($0) } ?? Schema.version
    let tables = text(
      "SELECT group_concat(name, ' ') FROM "
        + "(SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name)")
    let lines = [
      version < Schema.version
        ? "the file comes from an older dsv3sim (format \(version), now \(Schema.version)); "
          + "the next run stored in it updates it" : nil,
      tables.map { "tables and views: " + $0 },
    ]
    return lines.compactMap(\.self).joined(separator: "\n  ")
  }

  /// The single value of an internal statement; nil if it yields none.
  private func text(_ sql: String) -> String? {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK,
      sqlite3_step(statement) == SQLITE_ROW, let text = sqlite3_column_text(statement, 0)
    else { return nil }
    return String(cString: text)
  }

  fileprivate static func value(_ statement: OpaquePointer, _ column: Int32) -> ResultValue {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
    case SQLITE_TEXT:
      guard let start = sqlite3_column_text(statement, column) else { return .null }
      let count = Int(sqlite3_column_bytes(statement, column))
      return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      let count = Int(sqlite3_column_bytes(statement, column))
      guard let start = sqlite3_column_blob(statement, column) else { return .blob([]) }
      return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
    default: return .null
    }
  }
}

/// A cursor over the rows of a running statement.
package final class RowCursor {
  /// The names of the columns.
  package let columns: [String]
  private let statement: OpaquePointer
  private let connection: QueryConnection
  private let timeLimit: Duration

  fileprivate init(_ statement: OpaquePointer, of connection: QueryConnection, timeLimit: Duration)
  {
    self.statement = statement
    self.connection = connection
    self.timeLimit = timeLimit
    columns = (0..<sqlite3_column_count(statement)).map {
      String(cString: sqlite3_column_name(statement, $0))
    }
  }

  deinit { sqlite3_finalize(statement) }

  /// The next row, or nil after the last.
  ///
  /// - Throws: as `ResultsStore.query(_:timeLimit:)`, but for the size of the answer.
  package func next() throws(StoreProblem) -> [ResultValue]? {
    let code = sqlite3_step(statement)
    if code == SQLITE_DONE { return nil }
    if code == SQLITE_INTERRUPT {
      throw StoreProblem(
        .timeLimit, connection.path,
        "the query took longer than \(timeLimit.components.seconds) s",
        "it was stopped; narrow the query")
    }
    guard code == SQLITE_ROW else { throw connection.problem(code) }
    return columns.indices.map { QueryConnection.value(statement, Int32($0)) }
  }
}
