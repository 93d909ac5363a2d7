import Foundation
import Recording
import ResultsStore
import Testing
import Units

@testable import Page

@Suite("Figures of experiments and services on a page")
struct ExperimentFigureTests {
  private let clock = RunClock(startedAt: Date(timeIntervalSince1970: 0), wallSeconds: 1)

  /// The rows of a figure of a file that is written first; nil if the page leaves it out.
  private func rows(
    _ id: String, _ write: (ResultsStore) throws -> Void
  ) throws -> [[ResultValue]]? {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "dsv3sim-figures-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "results.db").path
    try write(ResultsStore(path: path))
    let source = try PageSource(ResultsStore(path: path, mode: .read), path: path, .latest)
    return source.figures.first { $0.figure.id == id }?.rows.rows
  }

  private func record(_ metrics: [Metric], question: String = "training_step") -> RunRecord {
    RunRecord(
      provenance: Provenance(
        scenarioName: "tiny", scenarioText: "name: x\n", scenarioHash: "ab", seed: 1,
        programVersion: "test", question: question, schedule: ""),
      result: SimulationResult(
        stepTime: SimDuration(picoseconds: 3), metrics: metrics, fingerprint: "00ff"))
  }

  /// The rows of a figure of an experiment with these trials.
  private func rows(
    _ id: String, of trials: [(parameters: [(key: String, value: String)], record: RunRecord)],
    _ axes: [AxisRecord]
  ) throws -> [[ResultValue]]? {
    try rows(id) { store in
      let experiment = try store.begin(
        ExperimentHead(
          kind: "sweep", name: "s", hash: "h", trialCount: trials.count, axes: axes))
      for (index, trial) in trials.enumerated() {
        try store.write(
          TrialRecord(index: index, parameters: trial.parameters, outcome: .ran(trial.record)),
          of: experiment, clock: clock)
      }
    }
  }

  @Test("inputs are those of sensitivity: keys that vary together are one, replications none")
  func inputs() throws {
    let points = [("1f1b", "8"), ("dualpipe", "16")].flatMap { schedule, batch in
      ["1", "2"].flatMap { nodes in
        ["1", "2"].map { (schedule, batch, nodes, $0) }
      }
    }
    let trials = points.enumerated().map { index, point in
      (
        parameters: [
          (key: "schedule", value: point.0), (key: "batch", value: point.1),
          (key: "nodes", value: point.2), (key: "replication", value: point.3),
        ],
        record: record([Metric(.gpuHoursPerTrillionTokens, Double(index))])
      )
    }
    let axes = [
      AxisRecord(keys: ["schedule", "batch"], points: 2), AxisRecord(keys: ["nodes"], points: 2),
      AxisRecord(keys: ["replication"], points: 2),
    ]

    // Trials 0 to 3 and 4 to 7; 0, 1, 4, 5 and 2, 3, 6, 7.
    let effects = try rows("effects", of: trials, axes)
    #expect(
      effects?.map { Array($0[0..<6]) } == [
        [
          .text("schedule + batch"), .real(1.5), .real(5.5), .real(4), .text("1f1b 8"),
          .text("dualpipe 16"),
        ],
        [.text("nodes"), .real(2.5), .real(4.5), .real(2), .text("1"), .text("2")],
      ])
    // A file that does not tell which keys vary together has an input for each.
    let guessed = try rows("effects", of: trials, [])
    #expect(guessed?.map { $0[0] } == [.text("batch"), .text("schedule"), .text("nodes")])
  }

  @Test("a tornado with replications compares the mean of its base")
  func tornado() throws {
    let values = [("5", "1"), ("5", "2"), ("1", "1"), ("1", "2"), ("9", "1"), ("9", "2")]
    let hours: [Double] = [10, 30, 50, 70, 4, 6]
    let trials = zip(values, hours).map { value, hours in
      (
        parameters: [(key: "a", value: value.0), (key: "replication", value: value.1)],
        record: record([Metric(.gpuHoursPerTrillionTokens, hours)])
      )
    }
    let design = DesignRecord(
      kind: .tornado, size: 1, seed: 1, ranges: [.init(key: "a", low: "1", high: "9")])
    let axes = [
      AxisRecord(keys: ["a"], points: 3, design: design),
      AxisRecord(keys: ["replication"], points: 2),
    ]

    let effects = try rows("effects", of: trials, axes)
    #expect(
      effects?.map { Array($0[0..<6]) } == [
        [.text("a"), .real(5), .real(60), .real(55), .text("9"), .text("1")]
      ])
  }

  @Test("rates of requests are those per second, in each unit that a scenario may use")
  func rates() throws {
    let texts = EventsPerSecond.unitWords.map { "1_20.5 \($0.word)" } + ["2e1/min"]
    let trials = texts.map { text in
      (
        parameters: [(key: "service.load.rate", value: text)],
        record: record([Metric(.timeToFirstToken, 1, statistic: .p50)], question: "service")
      )
    }

    let found = try rows(
      "latency-over-load", of: trials, [AxisRecord(keys: ["service.load.rate"], points: 7)])
    let expected = try texts.map { try EventsPerSecond(text: $0).value }.sorted()
    #expect(texts.count == 7 && found?.count == 7)
    for (row, rate) in zip(found ?? [], expected) {
      #expect(abs((row[0].number ?? .nan) / rate - 1) < 1e-12)
    }
  }

  @Test("the distribution of latency counts finished requests alone")
  func finished() throws {
    func request(_ state: RequestRecord.State, first: Int64, last: Int64) -> RequestRecord {
      var request = RequestRecord(
        trafficClass: "chat", state: state, prompt: 10, output: 2, arrival: .zero)
      request.firstToken = SimTime(picoseconds: first * 1_000_000_000_000)
      request.lastToken = SimTime(picoseconds: last * 1_000_000_000_000)
      request.tokens = 2
      return request
    }
    var served = record([Metric(.requestsArrived, 3)], question: "service")
    served.result.requests = [
      request(.finished, first: 1, last: 4), request(.finished, first: 2, last: 3),
      request(.running, first: 9, last: 10),
    ]

    let found = try rows("latency-cdf") { try $0.write(served, clock: clock) }
    #expect(
      found == [
        [.real(1), .text("first token"), .real(0.5)], [.real(2), .text("first token"), .real(1)],
        [.real(3), .text("last token"), .real(0.5)], [.real(4), .text("last token"), .real(1)],
      ])
  }
}
