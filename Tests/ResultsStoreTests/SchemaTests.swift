import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("The schemas of new and old files")
struct SchemaTests {
  /// The objects of a database, without comments and layout.
  private func schema(_ database: Database) throws -> [String] {
    try String.fetchAll(
      database, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name"
    ).map { sql in
      let words = sql.replacing(/--[^\n]*/, with: " ").split(whereSeparator: \.isWhitespace)
      return words.joined(separator: " ").replacing(#/ ?([(),]) ?/#) { "\($0.1)" }
    }
  }

  @Test("migrating an empty file or a file of any version gives the schema of a new file")
  func migrated() throws {
    let new = try DatabaseQueue().write { database in
      try Schema.bringUpToDate(database, path: "new")
      return try schema(database)
    }
    #expect(new.count == Schema.tables.count + Schema.views.count + 1, "plus one index")

    for version in 1...Schema.migrations.count {
      let old = try DatabaseQueue().write { database in
        try Schema.migrate(database, from: 0, to: version)
        // Views of an older program, and of the first one the table that the view reads.
        try database.execute(sql: "CREATE VIEW bubble_ratio AS SELECT * FROM metric")
        try Schema.bringUpToDate(database, path: "old")
        return try schema(database)
      }
      #expect(old == new, "from version \(version)")
    }
  }

  @Test("the tables equal the stored copy for their version")
  func copy() throws {
    let statements = try DatabaseQueue().write { database in
      try Schema.bringUpToDate(database, path: "new")
      return try schema(database).filter { !$0.hasPrefix("CREATE VIEW") }
    }
    let text = statements.reduce("-- version \(Schema.version)\n") { $0 + $1 + ";\n" }
    let copy = URL(filePath: #filePath)
      .appending(path: "../../Schemas/results.sql").standardized
    let found = FileManager.default.temporaryDirectory.appending(path: "results.sql")

    let kept = try? String(contentsOf: copy, encoding: .utf8)

    if text != kept { try Data(text.utf8).write(to: found) }
    #expect(
      text == kept,
      "a changed table needs a migration; then Tests/Schemas/results.sql is to be \(found.path)")
  }

  @Test("views are recreated if they differ, and only then")
  func views() throws {
    let queue = try DatabaseQueue()
    let changes = "PRAGMA schema_version"
    try queue.write { database in
      try Schema.bringUpToDate(database, path: "a")
      let first = try Int.fetchOne(database, sql: changes)
      try Schema.bringUpToDate(database, path: "a")
      #expect(try Int.fetchOne(database, sql: changes) == first)

      try database.execute(sql: "DROP VIEW figure; CREATE VIEW mine AS SELECT 1")
      try Schema.bringUpToDate(database, path: "a")

      let names = try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
      #expect(names == (Schema.views.map(\.name) + ["mine"]).sorted())
    }
  }

  @Test("every table is in its own file, named after it")
  func files() throws {
    let folder = URL(filePath: #filePath)
      .appending(path: "../../../Sources/ResultsStore/Tables").standardized
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)

    let expected = Schema.tables.map { table in
      table.name.split(separator: "_").map(\.capitalized).joined() + "Table.swift"
    }
    #expect(files.sorted() == expected.sorted())
  }

  @Test("a file of an older program gains the missing migrations, and keeps its runs")
  func kept() throws {
    let queue = try DatabaseQueue()
    try queue.write { database in
      try Schema.migrate(database, from: 0, to: 1)
      try database.execute(
        sql: "INSERT INTO run VALUES (NULL, 'n', '', '', '0', '', '', '', 'complete')")
      try Schema.bringUpToDate(database, path: "a")

      #expect(try Int.fetchOne(database, sql: "SELECT count(*) FROM gpu_hours") == 1)
      #expect(
        try Int.fetchOne(database, sql: "PRAGMA user_version") == Schema.migrations.count)
      try database.execute(sql: "PRAGMA user_version = 99")
      #expect { try Schema.bringUpToDate(database, path: "a") } throws: {
        ($0 as? StoreProblem)?.kind == .newer
      }
    }
  }

  @Test("the dates of the migrations never decrease")
  func dates() {
    let dates = Schema.migrations.map(\.date)

    #expect(dates == dates.sorted())
    #expect(dates.allSatisfy { $0.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil })
  }
}
