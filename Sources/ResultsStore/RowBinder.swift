// Raw binds on a prepared statement for tables with many rows: 10 times as fast as one
// `Database.execute` per row. The caller owns the transaction.

import GRDB
import GRDBSQLite

/// Binds the values of rows to an insert statement, column by column.
struct RowBinder {
  private let statement: Statement
  private let handle: SQLiteStatement
  private var column: Int32 = 0
  private var lastTexts: [String?]

  /// Prepares `INSERT INTO table VALUES (?, ...)` for all columns.
  fileprivate init(_ database: Database, _ table: Table) throws {
    let columnCount = try database.columns(in: table.name).count
    let marks = Array(repeating: "?", count: columnCount).joined(separator: ", ")
    statement = try database.makeStatement(sql: "INSERT INTO \(table.name) VALUES (\(marks))")
    handle = statement.sqliteStatement
    lastTexts = Array(repeating: nil, count: columnCount + 1)
  }

  /// Keeps the statement alive until the caller is done: GRDB finalises it after its owner's last
  /// use, which in a release build may come before the last raw bind.
  fileprivate func keepStatement() { withExtendedLifetime(statement) {} }

  /// Binds the next columns.
  mutating func add<each Value: ColumnValue>(_ values: repeat each Value) {
    repeat (each values).bind(to: &self)
  }

  /// Inserts the row bound since the last insert.
  fileprivate mutating func step() throws {
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

  mutating func bind(_ bytes: [UInt8]) {
    column += 1
    bytes.withUnsafeBytes {
      // An empty array may have no address, and a nil address binds NULL.
      _ =
        $0.isEmpty
        ? sqlite3_bind_zeroblob(handle, column, 0)
        : sqlite3_bind_blob(handle, column, $0.baseAddress, Int32($0.count), Self.copies)
    }
  }

  /// Binds a text. SQLite keeps bindings from row to row, so a repeated text is not copied again.
  mutating func bind(_ text: String) {
    column += 1
    if lastTexts[Int(column)] == text { return }
    lastTexts[Int(column)] = text
    // With an explicit count, a zero byte inside the text does not end it.
    _ = text.withCString {
      sqlite3_bind_text(handle, column, $0, Int32(text.utf8.count), Self.copies)
    }
  }

  /// SQLITE_TRANSIENT, a macro that Swift does not import: SQLite copies the text immediately.
  private static var copies: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }
}

extension Database {
  /// Inserts one row per record; every insert goes through this function.
  ///
  /// - Parameter bind: binds all columns of a record, given its position among the records.
  /// - Throws: `DatabaseError` with SQLite's code and message, and any error thrown by `bind`.
  func insert<Record>(
    _ records: [Record], into table: Table,
    _ bind: (inout RowBinder, _ position: Int, Record) throws -> Void
  ) throws {
    guard !records.isEmpty else { return }
    var row = try RowBinder(self, table)
    defer { row.keepStatement() }
    for (position, record) in records.enumerated() {
      try bind(&row, position, record)
      try row.step()
    }
  }

  /// Inserts an owner's rows into a list table, in order.
  func insert<Row: TableRow>(_ rows: [Row], of owner: Int64) throws {
    try insert(rows, into: Row.table) { row, position, record in
      row.add(owner, position)
      record.bind(to: &row)
    }
  }

  /// Inserts one row and returns its number, if the table has row numbers.
  @discardableResult
  func insert<each Value: ColumnValue>(
    into table: Table, _ values: repeat each Value
  ) throws -> Int64 {
    var row = try RowBinder(self, table)
    defer { row.keepStatement() }
    row.add(repeat each values)
    try row.step()
    return lastInsertedRowID
  }
}
