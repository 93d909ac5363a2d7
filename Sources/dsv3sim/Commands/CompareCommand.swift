// `dsv3sim compare`: every schedule that accepts the sizes, ranked, at every point of a grid; the
// others with their reason. Steps of inference have no schedule: there the grid is all.

import ArgumentParser
import Experiments
import Foundation
import Recording
import Reports
import ResultsStore
import Schedules

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run a scenario under every schedule, or over a grid of settings, and rank them.",
    discussion: "Same model, batch and hardware for all; half stages have half the layers. A"
      + " scenario of inference is compared over the grid alone.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: .customLong("schedule"), help: "Schedules to compare, separated by commas.",
    transform: { $0.split(separator: ",").map(String.init) })
  var schedules: [String] = []

  @Option(
    name: .customLong("over"), parsing: .singleValue,
    help: ArgumentHelp(
      "Compare at each of several values, as training.microbatches=32,64,120. May be repeated:"
        + " all combinations.", valueName: "key=values"))
  var axes: [String] = []

  @Option(name: [.short, .long], help: "SQLite file that receives the results.")
  var output: String?

  @Option(help: "table, json or csv.")
  var format = OutputFormat.table

  mutating func run() throws {
    let wall = WallClock()
    let names = try canonicalNames()
    let grid = try ScenarioGrid(
      path: input.scenario, overrides: input.overrides, seed: input.seed, traces: .stored,
      axes: try gridAxes())
    let store = try output.map { try ResultsStore(path: $0) }
    if grid.asksAboutInference { try checkInferenceOptions() }
    let trials =
      grid.asksAboutInference
      ? try InferenceComparison(grid, programVersion: ProgramVersion.text).run()
      : try ScheduleComparison(grid, programVersion: ProgramVersion.text).run(names)
    if let store, let output {
      let clock = wall.runClock
      let experiment = try store.write(
        experiment: "compare \(grid.name)", trials: trials, clocks: trials.map { _ in clock })
      remark("stored as experiment \(experiment.rawValue) of \(output)")
    }
    if grid.asksAboutInference { return try emit(InferenceTable(trials: trials).text(format)) }
    let comparison = Comparison(trials: trials)
    switch format {
    case .table: try emit(comparison.text)
    case .json: try emit(comparison.json)
    case .csv: try emit(comparison.csv)
    }
  }

  private func checkInferenceOptions() throws {
    guard schedules.isEmpty else {
      throw CommandFailure(
        status: 64,
        message: "error: --schedule does not go with a scenario of inference\n"
          + "  leave it out; compare settings with --over KEY=VALUE,VALUE")
    }
  }

  private func canonicalNames() throws -> [String] {
    if schedules.isEmpty { return ScheduleCatalogue.all.map(\.name) }
    return try schedules.map { try ScheduleArgument.kind(named: $0).name }
  }

  private func gridAxes() throws -> [GridAxis] {
    let axes = try axes.map { text in
      guard let axis = GridAxis(text) else {
        throw CommandFailure(
          status: 64,
          message: "error: --over \"\(text)\" is not KEY=VALUE,VALUE with different values\n"
            + "  for example: --over training.microbatches=32,64,120")
      }
      return axis
    }
    for (index, axis) in axes.enumerated() {
      let isAgain = axes[..<index].contains { $0.key == axis.key }
      guard axis.key != ScheduleComparison.scheduleKey, !isAgain else {
        let advice = isAgain ? "give all its values in one --over" : "choose with --schedule A,B"
        throw CommandFailure(
          status: 64, message: "error: --over \"\(axis.key)\" cannot be an axis here\n  \(advice)")
      }
    }
    let points = axes.reduce(1) { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }
    guard points <= ScenarioGrid.pointLimit else {
      throw CommandFailure(
        status: 64,
        message: "error: --over makes \(points) points, the limit is \(ScenarioGrid.pointLimit)")
    }
    return axes
  }
}
