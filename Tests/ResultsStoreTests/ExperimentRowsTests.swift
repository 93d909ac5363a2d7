import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("Experiments are stored trial by trial")
struct ExperimentRowsTests {
  private let head = ExperimentHead(kind: "compare", name: "a", hash: "ab", trialCount: 3)
  private let trials = [
    TrialRecord(
      index: 0, parameters: [(key: "a", value: "1"), (key: "b", value: "2")],
      outcome: .ran(sampleRecord())),
    TrialRecord(
      index: 1, parameters: [(key: "a", value: "1"), (key: "b", value: "3")],
      outcome: .refused(reason: "odd")),
    TrialRecord(index: 2, parameters: [], outcome: .broken(reason: "invariant 12 is broken")),
  ]

  @Test("a resumed experiment is found, and its trials are read back as written")
  func resumed() throws {
    let folder = try Folder()
    let first = try ResultsStore(path: folder.file("r.db"))
    let id = try first.begin(head)
    for trial in trials[..<2] { try first.write(trial, of: id, clock: sampleClock) }

    let store = try ResultsStore(path: folder.file("r.db"))
    #expect(try store.begin(head) == id)
    #expect(try store.trials(of: id).count == 2)
    try store.write(trials[2], of: id, clock: nil)
    // Another process that runs the same experiment was faster.
    try store.write(trials[1], of: id, clock: nil)
    let back = try store.trials(of: id)

    #expect(back.map(\.index) == [0, 1, 2])
    #expect(
      back.map { $0.parameters.map { "\($0.key)=\($0.value)" } } == [
        ["a=1", "b=2"], ["a=1", "b=3"], [],
      ])
    #expect(back[0].record?.metrics == sampleRecord().metrics)
    #expect(back[0].record?.spans.isEmpty == true)
    #expect(back[1].outcome.reason == "odd")
    guard case .broken("invariant 12 is broken") = back[2].outcome else {
      Issue.record("\(back[2].outcome)")
      return
    }
  }

  @Test("a different hash is a different experiment, which knows the earlier runs")
  func other() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(sampleRecord(), clock: sampleClock)
    let first = try store.begin(head)
    try store.write(trials[0], of: first, clock: nil)
    var other = head
    other.hash = "cd"

    #expect(try store.begin(other) != first)
    #expect(
      try store.query("SELECT runs_before FROM experiment ORDER BY id").rows
        == [[.integer(1)], [.integer(2)]])
  }

  @Test("a file written before questions had names can be read, and gains them with the next run")
  func olderFile() throws {
    let folder = try Folder()
    let queue = try DatabaseQueue(path: folder.file("old.db"))
    try queue.write { database in
      try Schema.migrate(database, from: 0, to: 7)
      for (run, schedule, metric) in [(1, "1f1b", "step_time_s"), (2, "", "inference_step_time_s")]
      {
        try database.execute(
          sql: "INSERT INTO run VALUES (?, 'n', '', '', '0', '', ?, 'ff', 'complete')",
          arguments: [run, schedule])
        try database.execute(
          sql: "INSERT INTO metric VALUES (?, 0, ?, 2.5, 's', '')", arguments: [run, metric])
      }
    }
    try queue.close()

    let store = try ResultsStore(path: folder.file("old.db"))
    for migrated in [false, true] {
      if migrated { try store.write(sampleRecord(), clock: sampleClock) }
      let records = try (1...2).map { try #require(try store.record(of: RunID(rawValue: $0))) }

      #expect(records.map(\.provenance.question) == ["training_step", "inference_step"])
      #expect(records.allSatisfy { $0.metrics == [Metric(.stepTime, 2.5)] })
      #expect(records.allSatisfy { $0.stepTime.seconds == 2.5 && $0.fingerprint == "ff" })
      #expect(records.allSatisfy { $0.provenance.settings.isEmpty })
    }
  }
}
