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

  @Test("axes and ranges are stored once and read back, and a merge keeps them")
  func axes() throws {
    let ranges = [
      DesignRecord.Range(key: "a", low: "1 GB/s", high: "2 GB/s"),
      DesignRecord.Range(key: "b", low: "x", high: "y"),
    ]
    var head = head
    head.axes = [
      AxisRecord(keys: ["scenario"], points: 2),
      AxisRecord(
        keys: ["a", "b"], points: 5,
        design: DesignRecord(kind: .tornado, size: 1, seed: .max, ranges: ranges)),
    ]
    let folder = try Folder()
    let part = try ResultsStore(part: folder.file("p.db"))
    for trial in trials { try part.writeNumbered(trial, of: head) }

    // A merge knows the experiment from a manifest without axes.
    try ResultsStore.merge([folder.file("p.db")], into: folder.file("m.db"), of: self.head)
    let merged = try ResultsStore(path: folder.file("m.db"), mode: .read)

    let id = ExperimentID(rawValue: 1)
    #expect(try part.axes(of: id) == head.axes)
    #expect(try merged.axes(of: id) == head.axes)
    let figures = try merged.figures(.stepTime, .value, of: id)
    #expect(figures.map(\.index) == [0, 1, 2])
    #expect(figures.map { $0.value != nil } == [true, false, false])
    #expect(figures[1].parameters.map(\.value) == ["1", "3"])
  }

  @Test(
    "a design whose points do not fit its ranges is damage, not a trap",
    arguments: [
      "points = 4", "size = -1, design = 'sobol'", "seed = 'x'", "design = 'star'", "keys = ''",
      "points = 1000000000000",
    ])
  func damagedDesign(change: String) throws {
    var head = head
    head.axes = [
      AxisRecord(
        keys: ["a"], points: 3,
        design: DesignRecord(
          kind: .tornado, size: 1, seed: 1, ranges: [.init(key: "a", low: "1", high: "2")]))
    ]
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    let id = try store.begin(head)
    try DatabaseQueue(path: folder.file("r.db")).write {
      try $0.execute(sql: "UPDATE experiment_axis SET \(change)")
    }

    let again = try ResultsStore(path: folder.file("r.db"), mode: .read)
    #expect { try again.axes(of: id) } throws: { ($0 as? StoreProblem)?.kind == .damaged }
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
