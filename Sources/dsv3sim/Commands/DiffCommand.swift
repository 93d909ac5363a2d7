// `dsv3sim diff`: which settings of two runs differ, and where time, bytes and money went.

import ArgumentParser
import Recording
import Reports
import ResultsStore
import Scenarios
import Text

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two runs: settings, time, memory, traffic and metrics that differ.",
    discussion: "dsv3sim diff RESULTS 1 2 compares two runs of a file, dsv3sim diff FILE FILE the"
      + " last runs of two files. The largest difference of each part comes first.")

  @Argument(help: "A results file.")
  var results: String

  @Argument(help: "The number of a run of it, or another results file.")
  var first: String

  @Argument(help: "The number of the other run of it.")
  var second: String?

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let store = try ResultsStore(path: results, mode: .read)
    let pair: (RunRecord, RunRecord)
    if let second {
      pair = (
        try record(in: store, try number(first)), try record(in: store, try number(second))
      )
    } else {
      pair = (
        try record(in: store, nil),
        try record(in: try ResultsStore(path: first, mode: .read), nil)
      )
    }
    let difference = RunDifference(
      pair.0, pair.1, settings: try RunDifference.Setting.all(pair.0.provenance, pair.1.provenance))
    try emit(difference.table.text(format))
  }

  private func number(_ text: String) throws -> Int64 {
    guard let number = Int64(text) else {
      throw CommandProblem.usage(
        "\(quoted(text)) is not the number of a run",
        advice: "for example: dsv3sim diff \(results) 1 2")
    }
    return number
  }

  private func record(in store: ResultsStore, _ number: Int64?) throws -> RunRecord {
    let run = try store.run(number).id
    guard let record = try store.record(of: run, withTimeline: false, withRequests: false) else {
      throw CommandProblem.badData(store.path, "has no run \(run.rawValue)")
    }
    return record
  }
}

extension RunDifference.Setting {
  /// The keys whose values differ, whatever names and units they are written in.
  fileprivate static func all(
    _ first: Provenance, _ second: Provenance
  ) throws -> [Self] {
    let (a, b) = (try first.values, try second.values)
    let keys = a.map(\.key) + b.map(\.key).filter { key in !a.contains { $0.key == key } }
    return keys.sorted().compactMap { key in
      let values = (a.first { $0.key == key }?.value, b.first { $0.key == key }?.value)
      guard values.0 != values.1 else { return nil }
      return Self(key, first: values.0, second: values.1)
    }
  }
}

extension Provenance {
  /// The keys of the scenario with their values in base units.
  fileprivate var values: [(key: String, value: String)] {
    get throws {
      let document = try ScenarioDocument(text: scenarioText, file: "")
      return Self.leaves(document.canonical(ScenarioChanges(settings: settings)), "")
    }
  }

  private static func leaves(
    _ value: RecordValue, _ path: String
  ) -> [(key: String, value: String)] {
    switch value {
    case .object(let members):
      members.flatMap { leaves($0.value, path.isEmpty ? $0.name : "\(path).\($0.name)") }
    case .text(let text): [(path, text)]
    default: [(path, value.compact)]
    }
  }
}
