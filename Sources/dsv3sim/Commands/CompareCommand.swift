// `dsv3sim compare`: every schedule that accepts the sizes, ranked; the others with their reason.

import ArgumentParser
import Experiments
import Foundation
import Recording
import Reports
import ResultsStore
import Schedules
import Units

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Run a scenario under every schedule and rank them.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: .customLong("schedule"), help: "Schedules to compare, separated by commas.",
    transform: { $0.split(separator: ",").map(String.init) })
  var schedules: [String] = []

  @Option(name: [.short, .long], help: "SQLite file that receives the results.")
  var output: String?

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let start = Date()
    let names = try canonicalNames()
    let scenario = try input.load()
    let store = try output.map { try ResultsStore(path: $0) }
    let trials = try ScheduleComparison(scenario, programVersion: ProgramVersion.text).run(names)
    if let store, let output {
      let wall = Date().timeIntervalSince(start)
      let clock = RunClock(startedAt: start, wallSeconds: wall)
      let experiment = try store.write(
        experiment: "compare \(scenario.name)", trials: trials,
        clocks: trials.map { _ in clock })
      remark("stored as experiment \(experiment.rawValue) of \(output)")
    }
    let table = ComparisonTable(trials: trials)
    try emit(format == .table ? table.text : table.json)
  }

  private func canonicalNames() throws -> [String] {
    if schedules.isEmpty { return ScheduleCatalogue.all.map(\.name) }
    return try schedules.map { try ScheduleArgument.kind(named: $0).name }
  }
}

/// The rows of a comparison, fastest first.
struct ComparisonTable {
  private let rows: [(schedule: String, record: RunRecord)]
  private let refused: [(schedule: String, reason: String)]

  init(trials: [TrialRecord]) {
    var rows: [(schedule: String, record: RunRecord)] = []
    var refused: [(schedule: String, reason: String)] = []
    for trial in trials {
      let schedule = trial.parameters.first?.value ?? ""
      switch trial.outcome {
      case .ran(let record): rows.append((schedule, record))
      case .refused(let reason): refused.append((schedule, reason))
      }
    }
    // A stable sort: equal step times stay in catalogue order.
    self.rows = rows.enumerated().sorted { a, b in
      let times = [a, b].map { $0.element.record.value(.stepTime) ?? .infinity }
      return (times[0], a.offset) < (times[1], b.offset)
    }.map(\.element)
    self.refused = refused
  }

  /// Aligned columns, then the refused schedules with their reasons.
  var text: String {
    var table = TextTable(columns: [
      ("schedule", .left), ("step", .right), ("bubble", .right), ("exposed", .right),
      ("MFU causal", .right), ("peak memory", .right), ("weights", .right),
      ("GPU-hours/1e12 tokens", .right), ("GPU-hours of run", .right),
    ])
    for (schedule, record) in rows {
      func value(_ kind: MetricKind) -> Double { record.value(kind) ?? .nan }
      table.addRow([
        schedule, durationText(seconds: value(.stepTime)),
        percentText(value(.bubbleRatio)), percentText(value(.exposedCommunicationRatio)),
        percentText(value(.mfuCausal)), memoryText(bytes: value(.peakMemory)),
        "\(Int(value(.weightCopies)))x",
        significantText(value(.gpuHoursPerTrillionTokens)),
        significantText(value(.gpuHours)),
      ])
    }
    let reasons = refused.map { row in
      "  \(row.schedule): \(row.reason.prefix { $0 != "\n" })\n"
    }
    return table.text + (reasons.isEmpty ? "" : "\nrefused\n" + reasons.joined())
  }

  /// `schedules` with their metrics and `refused` with their reasons.
  var json: String {
    let ran = rows.map { row in
      JSONValue.object([
        (name: "schedule", value: .text(row.schedule)),
        (
          name: "metrics",
          value: .object(row.record.metrics.map { ($0.kind.rawValue, .real($0.value)) })
        ),
        (name: "fingerprint", value: .text(row.record.provenance.fingerprint)),
      ])
    }
    let reasons = refused.map { row in
      JSONValue.object([
        (name: "schedule", value: .text(row.schedule)), (name: "reason", value: .text(row.reason)),
      ])
    }
    return JSONValue.object([
      (name: "schedules", value: .array(ran)), (name: "refused", value: .array(reasons)),
    ]).description + "\n"
  }
}
