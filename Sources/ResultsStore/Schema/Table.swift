// A table of a results file as new files have it. Each stands in a file of its own under Tables/,
// with the code that writes and reads its rows. The comments inside a statement travel with the
// file: `sqlite3 results.db .schema` shows them.

/// A table by its name and the statement that creates it.
struct Table: Sendable {
  /// The name in SQL.
  let name: String
  /// The statements that create it and its indices.
  let creation: String

  /// A table whose statement is written out.
  init(_ name: String, _ creation: String) {
    self.name = name
    self.creation = creation
  }

  /// A table that keeps a list for each row of another: columns `run` and `position`, then its own.
  ///
  /// - Parameters:
  ///   - owner: the table with the `id` that the first column names.
  ///   - note: what the table holds, a comment of one or more lines.
  ///   - columns: its own columns, one a line, each with its comma.
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

/// A record that is a row of a list: written and read by one file, in the order of its columns.
protocol TableRow {
  /// The table that keeps it.
  static var table: Table { get }
  /// Binds the table's own columns, in their order.
  func bind(to row: inout RowBinder)
  /// Reads the table's own columns, by their names.
  init(from row: inout StoredRow) throws(StoreProblem)
}
