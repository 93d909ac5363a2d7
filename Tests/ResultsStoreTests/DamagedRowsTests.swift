import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("Rows that no version of the program writes")
struct DamagedRowsTests {
  /// A file with a run, then changed by SQL without its checks.
  private func store(_ changes: String...) throws -> (folder: Folder, store: ResultsStore) {
    let folder = try Folder()
    try ResultsStore(path: folder.file("a.db")).write(sampleRecord(), clock: sampleClock)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: folder.file("a.db"), configuration: configuration)
    try queue.writeWithoutTransaction { database in
      try database.execute(sql: "PRAGMA ignore_check_constraints = 1")
      for change in changes { try database.execute(sql: change) }
    }
    try queue.close()
    return (folder, try ResultsStore(path: folder.file("a.db")))
  }

  @Test(
    "are damage by name when they are read, whatever is done with them",
    arguments: [
      ("span", "rank", "9223372036854775807"), ("span", "rank", "-1"),
      ("span", "member", "100000000"), ("span", "start_ps", "-9223372036854775808"),
      ("span", "end_ps", "9223372036854775807"), ("span", "microbatch", "-2"),
      ("rank_time", "time_ps", "-1"), ("rank_time", "rank", "1048576"),
      ("memory", "rank", "-7"), ("memory_time", "time_ps", "-1"),
      ("rank_time", "gpus", "281474976710657"), ("request", "first_token_ps", "1 << 62"),
      ("request", "ended_ps", "arrival_ps - 1"),
    ])
  func values(table: String, column: String, value: String) throws {
    let (folder, store) = try store("UPDATE \(table) SET \(column) = \(value) WHERE position = 0")
    defer { withExtendedLifetime(folder) {} }

    let problem = #expect(throws: StoreProblem.self) {
      try store.record(of: RunID(rawValue: 1))
    }
    #expect(problem?.kind == .damaged)
    #expect(problem?.description.contains("damaged") == true)
  }

  @Test("a step of a year is damage", arguments: ["-1e-9", "3.2e7", "9e999"])
  func step(seconds: String) throws {
    let (folder, store) = try store(
      "UPDATE metric SET value = \(seconds) WHERE name = 'step_time_s'")
    defer { withExtendedLifetime(folder) {} }

    let problem = #expect(throws: StoreProblem.self) {
      try store.record(of: RunID(rawValue: 1))
    }
    #expect(problem?.kind == .damaged)
  }

  @Test("values at the ends of what is allowed are read")
  func allowed() throws {
    let (folder, store) = try store(
      "UPDATE span SET rank = 1048575, stage = -1, end_ps = 1152921504606846976"
        + " WHERE position = 0")
    defer { withExtendedLifetime(folder) {} }

    let record = try #require(try store.record(of: RunID(rawValue: 1)))
    #expect(record.spans[0].rank == 1_048_575)
    #expect(record.spans[0].end.picoseconds == 1 << 60)
  }

  @Test("rows of a run that is not there are damage for the run that would get its number")
  func orphans() throws {
    let (folder, store) = try store("UPDATE traffic SET run = 2")
    defer { withExtendedLifetime(folder) {} }

    let problem = #expect(throws: StoreProblem.self) {
      try store.write(sampleRecord(), clock: sampleClock)
    }
    #expect(problem?.kind == .damaged)
    #expect(try store.query("SELECT count(*) FROM run").rows == [[.integer(1)]])
  }

  @Test(
    "a file with a trigger is not written",
    arguments: [
      "CREATE TRIGGER t BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'x'); END",
      "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM metric; END",
    ])
  func triggers(sql: String) throws {
    let (folder, store) = try store(sql)
    defer { withExtendedLifetime(folder) {} }

    let problem = #expect(throws: StoreProblem.self) {
      try store.write(sampleRecord(), clock: sampleClock)
    }
    #expect(problem?.kind == .damaged && problem?.description.contains("trigger") == true)
    let metrics = try store.query("SELECT count(*) FROM metric").rows
    #expect(metrics == [[.integer(Int64(sampleRecord().metrics.count))]])
  }
}
