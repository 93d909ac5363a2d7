// `dsv3sim compare`: ranks every schedule that supports the sizes, at every point of a grid, and
// gives the reason for every other one. An inference step has no schedule: only the grid varies.

import ArgumentParser
import Experiments
import Recording
import Reports
import ResultsStore

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Run a scenario under every schedule, or over a grid of settings, and rank them.",
    discussion: "All schedules use the same model, batch and hardware; half stages have half the"
      + " layers. An inference scenario is compared over the grid only. A comparison stored in a"
      + " file resumes where it stopped when it is started again.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: .customLong("schedule"),
    help: ArgumentHelp(
      "Schedules to compare, separated by commas; default: all.", valueName: "name,name"))
  var schedules: CommaSeparated<String>?

  @Option(
    name: .customLong("over"), parsing: .singleValue,
    help: ArgumentHelp(
      "Compare at each of several values, for example training.microbatches=32,64,120. If repeated,"
        + " all combinations are compared.", valueName: "key=value,value"))
  var axes: [String] = []

  @Option(
    name: [.short, .long], help: ArgumentHelp("SQLite file for the results.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var trials: TrialOptions

  @Option(
    help: ArgumentHelp(
      "Draws of what is not known exactly to simulate in full for each row, at least 19; 0 for"
        + " none. By default an approximation of 99 draws, for services of 19, says which rows may"
        + " be better than the best.",
      valueName: "number"))
  var replications: Int?

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let names = try (schedules?.values ?? []).map { try ScheduleArgument.kind(named: $0).name }
    let document = try input.documentOfVariants()
    let experiment = Experiment.compare(
      document, input.changes, over: try AxisOptions(axes).axes(besides: names),
      schedules: names, programVersion: ProgramVersion.text,
      intervals: try IntervalChoice(replications: replications, usual: .approximate))
    try experiment.check()
    guard names.isEmpty || experiment.axes.contains(where: { $0.key == ExperimentAxis.scheduleKey })
    else {
      throw CommandProblem.usage(
        "--schedule does not apply to an inference scenario",
        advice: "leave it out; compare settings with --over KEY=VALUE,VALUE")
    }
    let trials = try experiment.run(storedIn: output, workers: self.trials.jobs)
    try emit(Comparison(trials).text(format))
    try TrialRecord.throwIfBroken(trials)
  }
}
