// Files of every older format, kept as SQL: the same two runs and a comparison, and of each table
// some rows from the format on that has it. The migrations of 2026-11-29 wrote them, not the
// programs of the time.

import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("A file of an older format")
struct OlderFilesTests {
  private static let folder = URL(filePath: #filePath)
    .appending(path: "../../Schemas/older").standardized

  private func file(_ format: Int) throws -> Folder {
    let name = "format-\(format < 10 ? "0" : "")\(format).sql"
    let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    let folder = try Folder()
    // The tables of the text are in the order of their names.
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: folder.file("a.db"), configuration: configuration)
    try queue.writeWithoutTransaction { try $0.execute(sql: text) }
    try queue.close()
    return folder
  }

  /// What a file says of its old runs, in one text.
  private func answers(_ store: ResultsStore) throws -> String {
    var text = ""
    for run in [1, 2] {
      let record = try #require(try store.record(of: RunID(rawValue: Int64(run))))
      let result = record.result
      text += "\(record.provenance.question) \(record.provenance.schedule) \(result.stepTime)\n"
      text += "\(result.metrics.filter { $0.scope == .all })\n\(result.rankTimes)\n"
      text += "\(result.memory)\n\(result.spans)\n\(result.assumptions)\n"
    }
    for trial in try store.trials(of: ExperimentID(rawValue: 1)) {
      text += "\(trial.parameters) \(trial.record?.fingerprint ?? trial.outcome.reason ?? "")\n"
    }
    return text
  }

  @Test("is kept for every format, and this one will be when the next comes")
  func kept() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(names.count == Schema.migrations.count - 1)
  }

  @Test(
    "answers the same before and after it becomes one of this format",
    arguments: 1..<Int(Schema.version))
  func migrated(format: Int) throws {
    let folder = try file(format)
    let first = try file(1)
    let expected = try answers(try ResultsStore(path: first.file("a.db"), mode: .read))

    let before = try answers(try ResultsStore(path: folder.file("a.db"), mode: .read))
    let store = try ResultsStore(path: folder.file("a.db"))
    try store.write(sampleRecord(), clock: sampleClock)
    let after = try answers(store)

    #expect(before == expected && after == expected)
    #expect(expected.contains("training_step dualpipe") && expected.contains("too large"))
    #expect(try store.runs().count == 3)
    #expect(
      try store.query("SELECT run, gpu_hours FROM gpu_hours WHERE run = 1").rows == [
        [.integer(1), .real(26.12)]
      ])
    #expect(try store.query("SELECT count(*) FROM bubble_ratio WHERE run = 1").rows.count == 1)
    #expect(try store.query("PRAGMA user_version").rows == [[.integer(Int64(Schema.version))]])
  }

  @Test("keeps the rows of tables that its format has")
  func rows() throws {
    let folder = try file(15)
    defer { withExtendedLifetime(folder) {} }
    let store = try ResultsStore(path: folder.file("a.db"), mode: .read)
    let record = try #require(try store.record(of: RunID(rawValue: 1)))
    let result = record.result

    #expect(result.expertLoads.map(\.rows) == [10, 11])
    #expect(result.memoryPoints.map { Int($0.bytes.value) } == [1_000_000_000, 2_000_000_000])
    #expect(result.network.traffic.map(\.link) == [.scaleUpOut, .nicIn])
    #expect(result.network.links.map(\.link) == [.nicOut, .scaleUpOut, .listed])
    #expect(result.network.loads.map(\.utilisation) == [0.5])
    #expect(record.provenance.settings.map(\.key) == ["seed", "training.chunks"])
    #expect(result.cellTimes.map(\.count) == [3] && result.trafficTimes.map(\.count) == [56])
    #expect(result.layerLoads.map(\.maxOverMean) == [1.5])
    #expect(result.value(.bubbleRatio, of: .rank(3)) == 0.25)
  }
}
