import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("A run is stored completely or not at all")
struct TransactionTests {
  @Test("a disk that fills up leaves no new file")
  func fullWhileMaking() throws {
    let folder = try Folder()
    let store = try ResultsStore(
      path: folder.file("r.db"), mode: .create, busySeconds: 1, pageLimit: 40)
    let record = longRecord(spanCount: 20_000)

    #expect { try store.write(record, clock: sampleClock) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .diskFull && problem?.exitStatus == .file
    }
    #expect(folder.names.isEmpty)
  }

  @Test("a disk that fills up keeps the existing runs")
  func fullWhileAdding() throws {
    let folder = try Folder()
    try ResultsStore(path: folder.file("r.db")).write(sampleRecord(), clock: sampleClock)
    let store = try ResultsStore(
      path: folder.file("r.db"), mode: .create, busySeconds: 1, pageLimit: 40)

    #expect {
      try store.write(longRecord(spanCount: 20_000), clock: sampleClock)
    } throws: { ($0 as? StoreProblem)?.kind == .diskFull }

    #expect(try store.runs().count == 1)
    #expect(try store.query("SELECT count(*) FROM span").rows == [[.integer(3)]])
  }

  @Test("a writer that waits too long for another reports it")
  func busy() throws {
    let folder = try Folder()
    try ResultsStore(path: folder.file("r.db")).write(sampleRecord(), clock: sampleClock)
    let store = try ResultsStore(
      path: folder.file("r.db"), mode: .create, busySeconds: 0.05, pageLimit: nil)
    let other = try DatabaseQueue(path: folder.file("r.db"))

    try other.writeWithoutTransaction { database in
      try database.execute(sql: "BEGIN IMMEDIATE")
      #expect { try store.write(sampleRecord(), clock: sampleClock) } throws: {
        ($0 as? StoreProblem)?.kind == .busy
      }
      try database.execute(sql: "ROLLBACK")
    }
    try store.write(sampleRecord(), clock: sampleClock)
    #expect(try store.runs().count == 2)
  }

  @Test("two stores that both find no file create one file with both runs")
  func race() throws {
    let folder = try Folder()
    let first = try ResultsStore(path: folder.file("r.db"))
    let second = try ResultsStore(path: folder.file("r.db"))
    var published = false

    // The second publishes while the first is inside its transaction.
    _ = try first.transaction { database in
      if !published {
        published = true
        try second.write(sampleRecord(schedule: "second"), clock: sampleClock)
      }
      try database.execute(
        sql: "INSERT INTO run VALUES (NULL, 'n', '', '', '0', '', 'first', '', 'complete', '')")
    }

    #expect(try first.runs().map(\.schedule) == ["second", "first"])
    // Opening the file again would drop the locks of the connection, and runs of others would be
    // lost.
    #expect(first.isFound)
  }
}
