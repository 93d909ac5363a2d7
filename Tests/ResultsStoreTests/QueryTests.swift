import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("A query reads this file only")
struct QueryTests {
  private let folder: Folder
  private let store: ResultsStore

  init() throws {
    folder = try Folder()
    store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)
  }

  @Test(
    "every statement that writes or accesses other files is refused",
    arguments: [
      "DELETE FROM run", "UPDATE run SET status = 'complete'", "DROP TABLE run",
      "INSERT INTO experiment (name) VALUES ('a')", "CREATE TABLE a (b)", "CREATE TEMP TABLE a (b)",
      "PRAGMA user_version = 9", "PRAGMA journal_mode = DELETE", "PRAGMA writable_schema = 1",
      "ATTACH '/tmp/dsv3sim-attached.db' AS other", "VACUUM INTO '/tmp/dsv3sim-vacuumed.db'",
      "BEGIN", "SELECT 1; DELETE FROM run", "SELECT load_extension('a')",
      "WITH a AS (SELECT 1) DELETE FROM run",
    ])
  func writes(sql: String) throws {
    let before = folder.bytes("r.db")

    #expect { try store.query(sql) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .refusedQuery && problem?.exitStatus == .usage
    }
    #expect(folder.bytes("r.db") == before)
    #expect(try store.query("SELECT count(*) FROM run").rows == [[.integer(1)]])
  }

  @Test("the schema itself cannot be written", arguments: ["sqlite_master", "sqlite_schema"])
  func schema(table: String) throws {
    let before = folder.bytes("r.db")

    #expect(throws: StoreProblem.self) { try store.query("UPDATE \(table) SET sql = ''") }
    #expect(folder.bytes("r.db") == before)
    #expect(try store.runs().count == 1)
  }

  @Test("values keep their types, including null")
  func types() throws {
    let answer = try store.query(
      "SELECT NULL AS n, 7 AS i, 0.1 AS r, 'é' AS t, x'00ff' AS b, 9e999 - 9e999 AS nan -- end\n;")

    #expect(answer.columns == ["n", "i", "r", "t", "b", "nan"])
    #expect(
      answer.rows == [[.null, .integer(7), .real(0.1), .text("é"), .blob([0, 255]), .null]])
  }

  @Test("a misspelt table is reported with the existing names")
  func misspelt() throws {
    #expect { try store.query("SELECT * FROM rn") } throws: {
      let text = ($0 as? StoreProblem)?.description ?? ""
      return text.contains("no such table: rn") && text.contains("gpu_hours")
    }
  }

  @Test("a file of an older program is distinguished from a misspelt table, and left unchanged")
  func olderFile() throws {
    let path = folder.file("old.db")
    try DatabaseQueue(path: path).write { try Schema.migrate($0, from: 0, to: 1) }
    let before = folder.bytes("old.db")
    let old = try ResultsStore(path: path, mode: .read)

    #expect { try old.query("SELECT * FROM traffic") } throws: {
      let text = ($0 as? StoreProblem)?.description ?? ""
      return text.contains("older dsv3sim (format 1, now \(Schema.version))")
    }
    #expect(folder.bytes("old.db") == before)
  }

  @Test("empty text is not a query", arguments: ["", " ;; ", "-- only a comment"])
  func empty(sql: String) throws {
    #expect { try store.query(sql) } throws: { ($0 as? StoreProblem)?.kind == .badQuery }
  }

  @Test("a query that does not end is stopped, and the next one runs")
  func endless() throws {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"

    #expect { try store.query(sql, timeLimit: .milliseconds(50)) } throws: {
      ($0 as? StoreProblem)?.kind == .timeLimit
    }
    #expect(try store.query("SELECT 1").rows == [[.integer(1)]])
  }

  @Test("a reader sees what another store has added")
  func fresh() throws {
    let reader = try ResultsStore(path: folder.file("r.db"), mode: .read)
    #expect(try reader.runs().count == 1)

    try store.write(sampleRecord(), clock: sampleClock)

    #expect(try reader.runs().count == 2)
  }

  @Test("reading leaves the file unchanged and creates no other file")
  func noTraces() throws {
    let other = try Folder()
    try ResultsStore(path: other.file("r.db")).write(sampleRecord(), clock: sampleClock)
    let before = other.bytes("r.db")

    _ = try ResultsStore(path: other.file("r.db"), mode: .read).runs()

    #expect(other.names == ["r.db"])
    #expect(other.bytes("r.db") == before)
  }

  @Test("json_each and window functions, which only read, are allowed")
  func functions() throws {
    let answer = try store.query(
      "SELECT value, row_number() OVER (ORDER BY value) FROM json_each('[4, 2]')")

    #expect(answer.rows == [[.integer(2), .integer(1)], [.integer(4), .integer(2)]])
  }

  @Test("functions that reach outside a query are refused by name, those that compute are allowed")
  func allowedFunctions() throws {
    for call in ["fts3_tokenizer('simple')", "total_changes()", "sqlite_compileoption_get(0)"] {
      #expect {
        try store.query("SELECT \(call)")
      } throws: {
        let problem = $0 as? StoreProblem
        return problem?.kind == .refusedQuery
          && problem?.what.contains(call.prefix { $0 != "(" }) ?? false
      }
    }
    let answer = try store.query(
      """
      SELECT round(avg(value), 1), group_concat(value), printf('%d', max(value)), sqrt(16),
        strftime('%Y', '2026-11-28'), coalesce(NULL, 'a') LIKE 'A', 'a' GLOB '*', json('[1]') -> 0
      FROM json_each('[1, 2]')
      """)
    #expect(
      answer.rows == [
        [
          .real(1.5), .text("1,2"), .text("2"), .real(4), .text("2026"), .integer(1),
          .integer(1), .text("1"),
        ]
      ])
  }

  @Test("an answer that is too long to hold is refused, and read row by row")
  func long() throws {
    let numbers = """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000)
      SELECT i, hex(zeroblob(500)) AS text FROM n
      """
    #expect { try store.query(numbers) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .sizeLimit && problem?.exitStatus == .usage
    }
    #expect(throws: StoreProblem.self) { try store.query("SELECT zeroblob(300000000)") }

    let cursor = try store.cursor(numbers)
    var (count, last): (Int, ResultValue?) = (0, nil)
    while let row = try cursor.next() { (count, last) = (count + 1, row[0]) }
    #expect(cursor.columns == ["i", "text"] && count == 300_000 && last == .integer(300_000))
  }

  @Test("times that do not sum up to their step are damage")
  func times() throws {
    let other = try Folder()
    let path = other.file("t.db")
    var record = sampleRecord()
    record.result.metrics = [Metric(.stepTime, 10e-12)]
    record.result.rankTimes = [3, 7].enumerated().map { index, time in
      RankTime(
        rank: 2, gpus: 4, phase: index == 0 ? .forwardAlone : .bubble,
        activity: index == 0 ? .compute : .schedule, time: .init(picoseconds: Int64(time)))
    }
    try ResultsStore(path: path).write(record, clock: sampleClock)
    try ResultsStore(path: path, mode: .read).checkTimes()

    for time in ["8", "9223372036854775807"] {
      let queue = try DatabaseQueue(path: path)
      try queue.writeWithoutTransaction {
        try $0.execute(sql: "UPDATE rank_time SET time_ps = \(time) WHERE position = 1")
      }
      try queue.close()
      #expect {
        try ResultsStore(path: path, mode: .read).checkTimes()
      } throws: {
        ($0 as? StoreProblem)?.kind == .damaged
      }
    }
  }
}
