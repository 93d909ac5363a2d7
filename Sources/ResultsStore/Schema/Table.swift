// A table of a new results file. Each table has its own file under Tables/, with the code that
// writes and reads its rows. Comments inside a statement are stored in the results file:
// `sqlite3 results.db .schema` shows them.

/// The name of a table and the statement that creates it.
struct Table: Sendable {
  /// The name in SQL.
  let name: String
  /// The statements that create the table and its indices.
  let creation: String

  /// Makes a table from a complete statement.
  init(_ name: String, _ creation: String) {
    self.name = name
    self.creation = creation
  }

  /// Makes a table with a list for each row of another table: columns `run` and `position`, then
  /// its own columns.
  ///
  /// - Parameters:
  ///   - owner: the table whose `id` the first column references.
  ///   - note: a description of the table, as a comment of one or more lines.
  ///   - columns: its own columns, one per line, each with its comma.
  ///   - constraints: further constraints of the table, as SQL.
  static func list(
    _ name: String, of owner: String = "run", _ note: String, _ columns: String,
    _ constraints: String...
  ) -> Table {
    let notes = note.split(separator: "\n").map { "-- \($0)" }
    let keys = ["PRIMARY KEY (\(owner), position)"] + constraints
    let lines =
      notes + [
        "\(owner) INTEGER NOT NULL REFERENCES \(owner) (id) ON DELETE CASCADE,",
        "position INTEGER NOT NULL,",
      ] + columns.split(separator: "\n").map(String.init) + [keys.joined(separator: ",\n  ")]
    return Table(
      name,
      "CREATE TABLE \(name) (\n" + lines.map { "  \($0)\n" }.joined() + ") STRICT, WITHOUT ROWID"
    )
  }
}

/// A record stored as a row of a list table. One file writes and reads it, in column order.
protocol TableRow {
  /// The table that stores it.
  static var table: Table { get }
  /// Binds the table's own columns, in order.
  func bind(to row: inout RowBinder)
  /// Reads the table's own columns by name.
  init(from row: inout StoredRow) throws(StoreProblem)
}
