import Foundation
import Recording
import ResultsStore
import Scenarios
import Testing

@testable import Experiments

@Suite("Experiments")
struct ExperimentTests {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "scenarios")

  private func compare(
    _ name: String = "tiny-16gpu", _ axes: String..., schedules: [String] = [],
    set: [String] = [], version: String = "test"
  ) throws -> Experiment {
    Experiment.compare(
      try ScenarioDocument(path: Self.folder.appending(path: name + ".yaml").path),
      ScenarioChanges(overrides: set), over: axes.compactMap { ExperimentAxis($0) },
      schedules: schedules, programVersion: version)
  }

  private func trials(_ experiment: Experiment, workers: Int = 2) throws -> [TrialRecord] {
    var trials: [TrialRecord] = []
    try experiment.run(0..<experiment.count, workers: workers) { trials.append($0.trial) }
    return trials
  }

  private func parameters(_ trial: TrialRecord) -> String {
    trial.parameters.map(\.value).joined(separator: " ")
  }

  @Test("every combination has a trial, the last axis fastest, and schedules are the last axis")
  func grid() throws {
    let trials = try trials(
      compare(
        "tiny-16gpu", "training.parallel.pipeline=2,1", "training.microbatches=8,4",
        schedules: ["gpipe", "1f1b"]))

    #expect(
      trials.map(parameters) == [
        "2 8 gpipe", "2 8 1f1b", "2 4 gpipe", "2 4 1f1b", "1 8 gpipe", "1 8 1f1b", "1 4 gpipe",
        "1 4 1f1b",
      ])
    #expect(trials.map(\.index) == Array(0..<8))
  }

  @Test("INV-9: trials are identical to the last digit for any number of workers")
  func repeatable() throws {
    let experiment = try compare(
      "tiny-16gpu", "training.microbatches=8,16", schedules: ["zb1p_auto", "dualpipe", "zb_v"])

    let runs = try [1, 2, 7].map { try trials(experiment, workers: $0) }

    for other in runs[1...] {
      for (first, second) in zip(runs[0], other) {
        let (a, b) = (try #require(first.record), try #require(second.record))
        #expect(a.metrics == b.metrics && a.rankTimes == b.rankTimes)
        #expect(a.provenance == b.provenance && a.fingerprint == b.fingerprint)
      }
    }
  }

  @Test("a trial equals a separate run of its scenario: sharing costs changes nothing")
  func alone() throws {
    let experiment = try compare(
      "deepseek-v3-uneven-experts", schedules: ["1f1b", "dualpipe"],
      set: ["training.microbatches=40"])

    for trial in try trials(experiment) {
      let alone = try Trial(experiment.scenario(at: trial.index), programVersion: "test").run()

      #expect(trial.record?.metrics == alone.metrics)
      #expect(trial.record?.provenance == alone.provenance)
    }
  }

  @Test("a schedule is refused only at points whose sizes it does not support")
  func refusals() throws {
    let trials = try trials(
      compare("tiny-16gpu", "training.microbatches=3,8", schedules: ["dualpipe"]))

    #expect(trials[0].outcome.reason?.contains("microbatches=3: DualPipe with pp=") == true)
    #expect(trials[1].record != nil)
  }

  @Test("a point with an invalid scenario is refused with its problem")
  func badPoint() throws {
    let experiment = try compare("tiny-16gpu", "training.parallel.pipeline=2,1000")
    try experiment.check()

    let reason = try trials(experiment).last?.outcome.reason
    #expect(reason?.contains("training.parallel.pipeline: \"1000\"") == true)
  }

  @Test("only problems common to all trials are errors of the scenario")
  func wrongEverywhere() throws {
    let experiment = try compare(
      "tiny-16gpu", "training.microbatches=3,5", schedules: ["dualpipe"],
      set: ["training.schdule=1f1b"])

    let error = #expect(throws: ScenarioProblem.self) { try experiment.check() }

    #expect(error?.diagnostics.map(\.keyPath) == ["training.schdule"])
  }

  @Test("a scenario's own order runs first, without a setting; schedules replace it")
  func ownOrder() throws {
    let trials = try trials(compare("own-order", schedules: ["1f1b"]))

    #expect(trials.map(parameters) == ["eager_1f1b (own order)", "1f1b"])
    #expect(trials.map { $0.record?.provenance.schedule } == ["eager_1f1b", "1f1b"])
    #expect(trials[0].record?.provenance.settings == [])
    #expect(
      trials[1].record?.provenance.settings == [Setting("training.schedule", "1f1b")])
  }

  @Test("schedules are an axis like any other; fixed numbers of chunks unset the scenario's")
  func scheduleAxis() throws {
    let trials = try trials(
      compare(
        "tiny-16gpu", "training.schedule=zb1p,interleaved", "training.microbatches=8,16",
        set: ["training.schedule=interleaved", "training.chunks=2"]))

    #expect(trials.map(parameters) == ["zb_h1 8", "zb_h1 16", "interleaved 8", "interleaved 16"])
    #expect(trials.allSatisfy { $0.record != nil })
    #expect(
      trials[0].record?.provenance.settings.dropFirst(2) == [
        Setting("training.schedule", "zb_h1"), Setting("training.chunks", nil),
        Setting("training.microbatches", "8"),
      ])
  }

  @Test("inference steps are compared over a grid; trials that do not fit give the reason")
  func inference() throws {
    let experiment = try compare(
      "redundant-experts", "inference.batch=8,1024", "inference.redundant_experts=0,3",
      set: ["inference.routing={source: uniform}"])

    let reasons = try trials(experiment).map(\.outcome.reason)

    #expect(reasons[0] == nil)
    #expect(
      reasons[1]?.contains("\"3\"") == true && reasons[1]?.contains("(nearest: 0 or ") == true)
    #expect(reasons[2]?.contains("GiB") == true)
    #expect(reasons[3]?.contains("\"3\"") == true)
  }

  @Test("a broken invariant is a bug, not a refusal")
  func broken() {
    let outcome = Experiment.outcome(of: BrokenInvariant(number: 12, "step_time_s is nan"))

    guard case .broken(let reason) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(reason == "invariant 12 is broken: step_time_s is nan")
  }

  @Test("the hash covers everything that determines the trials")
  func hash() throws {
    let one = try compare("tiny-16gpu", "training.microbatches=8,16").hash(version: "test")

    #expect(try compare("tiny-16gpu", "training.microbatches=8,16").hash(version: "test") == one)
    #expect(try compare("tiny-16gpu", "training.microbatches=8,32").hash(version: "test") != one)
    #expect(
      try compare("tiny-16gpu", "training.microbatches=8,16", set: ["seed=2"]).hash(version: "test")
        != one)
    #expect(try compare("own-order", "training.microbatches=8,16").hash(version: "test") != one)
  }

  @Test("the hash covers a model's configuration and the file of formats beside it")
  func configurationHash() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func hash(_ config: String, _ formats: String) throws -> String {
      try Data(config.utf8).write(to: folder.appending(path: "config.json"))
      try Data(formats.utf8).write(to: folder.appending(path: "hf_quant_config.json"))
      let path = folder.appending(path: "config.json").path
      return try compare(
        "tiny-16gpu", "training.microbatches=8,16", set: ["model={config: \(path)}"]
      ).hash(version: "test")
    }

    let one = try hash("{}", "{}")

    #expect(try hash("{ }", "{}") != one)
    #expect(try hash("{}", "{ }") != one)
    #expect(try hash("{}", "{}") == one)
  }

  @Test("results stored by one version are not reused by another")
  func versions() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db")
    defer { try? FileManager.default.removeItem(at: file) }
    let store = try ResultsStore(path: file.path)
    func begin(_ version: String) throws -> (id: ExperimentID, experiment: Experiment) {
      let experiment = try compare(schedules: ["1f1b"], version: version)
      let head = ExperimentHead(
        kind: experiment.kind, name: experiment.name, hash: experiment.hash(version: version),
        trialCount: 1)
      return (try store.begin(head), experiment)
    }
    let (first, experiment) = try begin("0.2.0+1.g0123456789")
    try experiment.run(0..<experiment.count, workers: 1) {
      try store.write($0.trial, of: first, clock: nil)
    }

    #expect(try store.trials(of: begin("0.2.0+1.g0123456789").id).count == 1)
    #expect(try store.trials(of: begin("0.2.0+2.gabcdef0123").id).isEmpty)
  }

  @Test(
    "an axis without a key, with empty values or with repeated values is malformed",
    arguments: ["a", "=1", "a=", "a=1,", "a=1,1", "a=,1"])
  func badAxis(text: String) {
    #expect(ExperimentAxis(text) == nil)
  }
}

@Suite("Parallel work in order")
struct InOrderTests {
  @Test("results are delivered in the order of indices, each once", arguments: [1, 2, 5, 64])
  func order(workers: Int) throws {
    var seen: [Int] = []

    InOrder.run(3..<200, workers: workers, work: { $0 * $0 }) { seen.append($0) }

    #expect(seen == (3..<200).map { $0 * $0 })
  }

  @Test("nothing more is delivered after an error of the receiver")
  func failure() {
    struct Stop: Error {}
    var seen: [Int] = []

    #expect(throws: Stop.self) {
      try InOrder.run(0..<1_000_000, workers: 4, work: { $0 }) { value in
        if value == 10 { throw Stop() }
        seen.append(value)
      }
    }

    #expect(seen == Array(0..<10))
  }
}
