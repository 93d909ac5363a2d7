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

  @Argument(help: "Name or alias of a schedule, unless --order is given.") var name: String?
  @Option(
    help: ArgumentHelp(
      "File with your own order, including its name and sizes.", valueName: "file"),
    completion: .file()) var order: String?
  @Option(help: ArgumentHelp("Pipeline ranks P.", valueName: "count")) var stages: Int?
  @Option(help: ArgumentHelp("Microbatches M.", valueName: "count")) var microbatches: Int?
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
  @Option(help: ArgumentHelp("Chunks per rank, for interleaved schedules.", valueName: "count"))
  var chunks: Int?
  @Option(help: "Form of the result.") var format = ListFormat.table

  mutating func run() throws {
    let study: Study
    do {
      let durations = try CellDurations(
        forward: forward, backwardInput: backwardInput, backwardWeight: backwardWeight,
        overlapped: overlapped, transfer: transfer)
      let plan = try plan(durations)
      study = .schedule(plan, try evaluate(plan, durations))
    } catch let problem as CommandProblem {
      throw problem
    } catch let problem as any ExplainedError {
      // Sizes and durations come from the command line.
      throw CommandProblem.usage(problem.explanations)
    }
    try emit(study, format)
  }

  private func plan(_ durations: CellDurations) throws -> Plan {
    if let order {
      guard name == nil, stages == nil, microbatches == nil, chunks == nil else {
        throw CommandProblem.usage(
          "--order includes its own name and sizes",
          advice: "leave out NAME, --stages, --microbatches and --chunks")
      }
      return try OrderArgument(path: order).plan()
    }
    guard let name, let stages, let microbatches else {
      throw CommandProblem.usage(
        "evaluate needs NAME with --stages and --microbatches, or --order FILE")
    }
    return try ScheduleArgument.kind(named: name).plan(
      ScheduleSizes(ranks: stages, microbatches: microbatches, chunks: chunks),
      durations: durations)
  }
}

/// An order file given on the command line.
struct OrderArgument {
  let path: String

  /// The plan in the file.
  ///
  /// - Throws: `CommandProblem` if it cannot be read, or with every problem and its line.
  func plan() throws -> Plan {
    let text = try CountsFile.text(path)
    do { return try OrderText.checked(text) } catch { throw CommandProblem(error, in: path) }
  }
}
