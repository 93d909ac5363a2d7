// `dsv3sim schedules evaluate`: evaluates a schedule of the catalogue, or an order file, with given
// durations.

import ArgumentParser
import Experiments
import Recording
import Schedules
import Text

struct EvaluateScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a schedule with given durations, all in one unit of your choice.",
    discussion:
      "Durations are per cell: for a schedule with two chunks per rank, give half of each.")

  @OptionGroup var input: ScheduleInput

  @Option(help: ArgumentHelp("Duration of a forward pass.", valueName: "duration")) var forward:
    Double
  @Option(help: ArgumentHelp("Duration of a backward pass for the input.", valueName: "duration"))
  var backwardInput: Double
  @Option(help: ArgumentHelp("Duration of a backward pass for the weights.", valueName: "duration"))
  var backwardWeight: Double
  @Option(
    help: ArgumentHelp(
      "Duration of an overlapped forward and full backward; default: their sum.",
      valueName: "duration"))
  var overlapped: Double?
  @Option(
    help: ArgumentHelp(
      "Time from the end of a cell to the arrival of its output on another rank.",
      valueName: "duration"))
  var transfer = 0.0
  @Option(help: "Form of the result.") var format = ListFormat.table

  mutating func run() throws {
    let study: Study
    do {
      let durations = try CellDurations(
        forward: forward, backwardInput: backwardInput, backwardWeight: backwardWeight,
        overlapped: overlapped, transfer: transfer)
      let plan = try input.plan(durations)
      study = .schedule(plan, try evaluate(plan, durations))
    } catch let problem as CommandProblem {
      throw problem
    } catch let problem as any ExplainedError {
      // Sizes and durations come from the command line.
      throw CommandProblem.usage(problem.explanations)
    }
    try emit(study, format)
  }
}
