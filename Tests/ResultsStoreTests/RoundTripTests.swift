import Foundation
import GRDB
import Recording
import Testing
import Units

@testable import ResultsStore

@Suite("Records are read back as written")
struct RoundTripTests {
  @Test("a record read back equals the original, field by field")
  func roundTrip() throws {
    let folder = try Folder()
    let record = sampleRecord()

    let id = try ResultsStore(path: folder.file("r.db")).write(record, clock: sampleClock)
    let back = try #require(
      try ResultsStore(path: folder.file("r.db"), mode: .read).record(of: id))

    #expect(back.provenance == record.provenance)
    #expect(back.metrics == record.metrics)
    #expect(back.rankTimes == record.rankTimes)
    #expect(back.cellTimes == record.cellTimes)
    #expect(back.trafficTimes == record.trafficTimes)
    #expect(back.layerLoads == record.layerLoads)
    #expect(back.memory == record.memory)
    #expect(back.spans == record.spans)
    #expect(back.expertLoads == record.expertLoads)
    #expect(back.memoryPoints == record.memoryPoints)
    #expect(back.network == record.network)
    #expect(back.requests == record.requests)
    #expect(back.pools == record.pools && back.samples == record.samples)
    #expect(back.assumptions == record.assumptions)
    #expect(back.stepTime == record.stepTime && back.fingerprint == record.fingerprint)
  }

  @Test("bars are read one at a time, either all or those of some streams")
  func spanCursor() throws {
    let folder = try Folder()
    var record = sampleRecord()
    record.spans[1].stream = "it's"
    let store = try ResultsStore(path: folder.file("r.db"))
    let id = try store.write(record, clock: sampleClock)

    let cursor = try store.spanCursor(of: id, streams: ["it's", "none"])
    #expect(try cursor.next() == record.spans[1])
    #expect(try cursor.next() == nil)
    #expect(try store.spans(of: id) == record.spans)
  }

  @Test("a file of the first version has runs without memory counters")
  func firstVersion() throws {
    let folder = try Folder()
    let queue = try DatabaseQueue(path: folder.file("old.db"))
    try queue.write { try Schema.migrate($0, from: 0, to: 1) }
    try queue.close()

    let store = try ResultsStore(path: folder.file("old.db"), mode: .read)

    #expect(try store.memoryPoints(of: RunID(rawValue: 1)) == [])
  }

  @Test("a link's number in the rank column of an old file is read, and moved by the next run")
  func numberedLinks() throws {
    let folder = try Folder()
    let queue = try DatabaseQueue(path: folder.file("old.db"))
    try queue.write { database in
      try Schema.migrate(database, from: 0, to: 11)
      try database.execute(
        sql: """
          INSERT INTO run VALUES (1, 'n', '', '', '0', '', '', 'ff', 'complete', 'training_step');
          INSERT INTO metric VALUES (1, 0, 'step_time_s', 2.5, 's', '');
          INSERT INTO link VALUES
            (1, 0, 2, 1, 5, 'nic_out', 7, 9, NULL), (1, 1, 3, 0, 1, 'leaf_up', 7, 9, 'leaf3.up');
          """)
    }
    try queue.close()

    let store = try ResultsStore(path: folder.file("old.db"))
    for migrated in [false, true] {
      if migrated { try store.write(sampleRecord(), clock: sampleClock) }
      let old = try #require(try store.record(of: RunID(rawValue: 1)))

      #expect(
        old.network.links.map(\.owner) == [
          .gpu(rank: 2, member: 1, gpus: 5), .network(number: 3, name: "leaf3.up"),
        ])
      #expect(old.metrics == [Metric(.stepTime, 2.5)])
    }
    #expect(
      try store.query("SELECT run, name, value FROM figure WHERE run = 1").rows
        == [[.integer(1), .text("step_time_s"), .real(2.5)]])
  }

  @Test("a file written before links had names can be read, and accepts named links")
  func unnamedLinks() throws {
    let folder = try Folder()
    let queue = try DatabaseQueue(path: folder.file("old.db"))
    try queue.write { try Schema.migrate($0, from: 0, to: 6) }
    try queue.close()
    let store = try ResultsStore(path: folder.file("old.db"))
    #expect(try store.record(of: RunID(rawValue: 1)) == nil)

    let id = try store.write(sampleRecord(), clock: sampleClock)

    #expect(try store.record(of: id)?.network == sampleRecord().network)
  }

  @Test("INV-9: storing the same record twice gives the same rows in every table but run_clock")
  func sameRows() throws {
    let folder = try Folder()
    let stores = try ["a.db", "b.db"].map { try ResultsStore(path: folder.file($0)) }
    try stores[0].write(sampleRecord(), clock: sampleClock)
    try stores[1].write(
      sampleRecord(), clock: RunClock(startedAt: Date(timeIntervalSince1970: 1), wallSeconds: 9))

    let tables = try stores[0].query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    #expect(tables.rows.count == 45)
    for case .text(let name) in tables.rows.map({ $0[0] }) {
      let answers = try stores.map { try $0.query("SELECT * FROM \(name)") }
      #expect((answers[0] == answers[1]) == (name != "run_clock"), "\(name)")
    }
  }

  @Test("requests are shown in milliseconds under the names of other tools")
  func requestView() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)

    let answer = try store.query(
      """
      SELECT terminal_status, arrival_time_ms, ttft_ms, e2e_latency_ms, itl_ms, decode_worker_idx
      FROM request_ms ORDER BY request
      """)

    // The first request: arrives at 1 ms, has 5 tokens from 3 ms to 7 ms.
    #expect(
      answer.rows == [
        [.text("finished"), .real(1), .real(2), .real(6), .real(1), .integer(4)],
        [.text("rejected"), .real(2), .null, .null, .null, .null],
      ])
  }

  @Test("the length of a service is read back, and its requests only if asked for")
  func service() throws {
    let folder = try Folder()
    var record = sampleRecord()
    record.metrics = [Metric(.simulatedTime, 3), Metric(.requestsArrived, 2)]
    let store = try ResultsStore(path: folder.file("r.db"))
    let id = try store.write(record, clock: sampleClock)

    let back = try #require(try store.record(of: id, withRequests: false))

    #expect(back.stepTime == SimDuration(seconds: 3))
    #expect(back.requests.isEmpty && back.pools.count == 1)
  }

  @Test("runs are listed in the order of storage, with their clock")
  func runs() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)
    try store.write(sampleRecord(schedule: "1f1b"), clock: sampleClock)

    let runs = try store.runs()

    #expect(runs.map(\.schedule) == ["dualpipe", "1f1b"])
    #expect(runs.map(\.id.rawValue) == [1, 2])
    #expect(runs.first?.startedAt == "2023-11-14T22:13:20Z")
    #expect(runs.first?.seed == .max)
  }

  @Test("an experiment stores its trials in index order, refused ones with their reason")
  func experiment() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    let slow = sampleRecord(schedule: "1f1b", stepSeconds: 3)
    let trials = [
      TrialRecord(
        index: 0, parameters: [(key: "training.schedule", value: "1f1b")], outcome: .ran(slow)),
      TrialRecord(
        index: 1, parameters: [(key: "training.schedule", value: "zb_h1")],
        outcome: .refused(reason: "odd microbatches")),
      TrialRecord(
        index: 2, parameters: [(key: "training.schedule", value: "dualpipe")],
        outcome: .ran(sampleRecord())),
    ]

    let id = try store.begin(
      ExperimentHead(kind: "compare", name: "compare", hash: "ab", trialCount: 3))
    for trial in trials {
      try store.write(trial, of: id, clock: trial.record == nil ? nil : sampleClock)
    }

    let answer = try store.query(
      "SELECT schedule, run, relative_to_fastest, refusal FROM schedule_comparison ORDER BY trial")
    #expect(
      answer.rows == [
        [.text("1f1b"), .integer(1), .real(1.5), .null],
        [.text("zb_h1"), .null, .null, .text("odd microbatches")],
        [.text("dualpipe"), .integer(2), .real(1), .null],
      ])
    #expect(try store.query("SELECT count(*) FROM run_clock").rows == [[.integer(2)]])
  }

  @Test(
    "INV-12: a non-finite figure is refused and leaves no file",
    arguments: [Double.nan, .infinity])
  func nonFinite(value: Double) throws {
    let folder = try Folder()
    var record = sampleRecord()
    record.metrics.append(Metric(.days, value, scope: .pool("decode"), statistic: .high))

    #expect {
      try ResultsStore(path: folder.file("r.db")).write(record, clock: sampleClock)
    } throws: {
      ($0 as? BrokenInvariant)?.number == 12
    }
    #expect(folder.names.isEmpty)
  }

  @Test("a record with a repeated figure is refused as a whole")
  func duplicateMetric() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)
    var record = sampleRecord()
    record.metrics.append(Metric(.stepTime, 1))

    #expect { try store.write(record, clock: sampleClock) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .brokenRecord && problem?.exitStatus == .brokenInvariant
    }
    #expect(try store.runs().count == 1)
  }

  @Test("the file records the program and version that made it, and its keys are valid")
  func head() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)

    #expect(try store.query("PRAGMA application_id").rows == [[.integer(0x4453_5633)]])
    #expect(try store.query("PRAGMA user_version").rows == [[.integer(Int64(Schema.version))]])
    #expect(try store.query("PRAGMA foreign_key_check").rows.isEmpty)
    #expect(try store.query("PRAGMA integrity_check").rows == [[.text("ok")]])
    #expect(folder.bytes("r.db")[18] == 2, "the journal is a write-ahead log")
  }

  @Test("the path :memory: names an ordinary file")
  func memoryPath() throws {
    #expect(StoreFile(path: ":memory:").safePath == "./:memory:")
    #expect(StoreFile(path: "file:a?mode=memory").safePath == "./file:a?mode=memory")
    #expect(StoreFile(path: "/tmp/a.db").safePath == "/tmp/a.db")
  }
}
