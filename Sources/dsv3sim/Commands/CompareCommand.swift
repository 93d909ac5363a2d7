// `dsv3sim compare`: every schedule that accepts the sizes, ranked, at every point of a grid; the
// others with their reason. Steps of inference have no schedule: there the grid is all.

import ArgumentParser
import Experiments
import Foundation
import Recording
import Reports
import ResultsStore

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run a scenario under every schedule, or over a grid of settings, and rank them.",
    discussion: "Same model, batch and hardware for all; half stages have half the layers. A"
      + " scenario of inference is compared over the grid alone. A comparison that is stored in a"
      + " file goes on where it stopped when it is started again.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: .customLong("schedule"), help: "Schedules to compare, separated by commas; absent: all.")
  var schedules: CommaSeparated<String>?

  @Option(
    name: .customLong("over"), parsing: .singleValue,
    help: ArgumentHelp(
      "Compare at each of several values, such as training.microbatches=32,64,120. May be repeated:"
        + " all combinations.", valueName: "key=value,value"))
  var axes: [String] = []

  @Option(name: [.short, .long], help: "SQLite file that receives the results.")
  var output: String?

  @Option(name: .shortAndLong, help: "Trials at a time; absent: one for each core.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: "table, json or csv.")
  var format = OutputFormat.table

  mutating func run() throws {
    guard (1...1_024).contains(jobs) else {
      throw CommandProblem.usage("--jobs \"\(jobs)\": expected 1 to 1024")
    }
    let names = try (schedules?.values ?? []).map { try ScheduleArgument.kind(named: $0).name }
    let experiment = Experiment.compare(
      try input.document(), input.changes, over: try AxisOptions(axes).axes(besides: names),
      schedules: names, programVersion: ProgramVersion.text)
    try experiment.check()
    guard names.isEmpty || experiment.axes.contains(where: { $0.key == ExperimentAxis.scheduleKey })
    else {
      throw CommandProblem.usage(
        "--schedule does not go with a scenario of inference",
        advice: "leave it out; compare settings with --over KEY=VALUE,VALUE")
    }
    let trials = try experiment.run(storedIn: output, workers: jobs)
    try emit(Comparison(trials).text(format))
    try TrialRecord.throwIfBroken(trials)
  }
}
