// A schedule on the command line: a name of the catalogue with sizes, or an order file.

import ArgumentParser
import Schedules
import Text

/// A schedule of the catalogue with its sizes, or an order file.
struct ScheduleInput: ParsableArguments {
  @Argument(help: "Name or alias of a schedule, unless --order is given.")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "File with your own order, including its name and sizes, or PyTorch's CSV of a schedule.",
      valueName: "file"),
    completion: .file())
  var order: String?

  @Option(help: ArgumentHelp("Pipeline ranks P.", valueName: "count"))
  var stages: Int?

  @Option(help: ArgumentHelp("Microbatches M.", valueName: "count"))
  var microbatches: Int?

  @Option(help: ArgumentHelp("Chunks per rank, for interleaved schedules.", valueName: "count"))
  var chunks: Int?

  /// The plan for some durations, which matter to automatic schedules.
  ///
  /// - Throws: `CommandProblem` for missing options or an order file with problems,
  ///   `ScheduleRefusal` for sizes that the schedule does not support.
  func plan(_ durations: CellDurations = .unit) throws -> Plan {
    if let order {
      guard name == nil, stages == nil, microbatches == nil, chunks == nil else {
        throw CommandProblem.usage(
          "--order includes its own name and sizes",
          advice: "leave out NAME, --stages, --microbatches and --chunks")
      }
      let text = try MeasuredText.read(order)
      do { return try OrderText.checked(text) } catch { throw CommandProblem(error, in: order) }
    }
    guard let name, let stages, let microbatches else {
      throw CommandProblem.usage(
        "a schedule is NAME with --stages and --microbatches, or --order FILE")
    }
    return try ScheduleArgument.kind(named: name).plan(
      ScheduleSizes(ranks: stages, microbatches: microbatches, chunks: chunks),
      durations: durations)
  }
}
