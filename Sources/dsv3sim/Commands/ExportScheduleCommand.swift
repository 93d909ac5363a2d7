// `dsv3sim schedules export`: the order of a schedule as a file, for this program or for PyTorch.

import ArgumentParser
import Schedules
import Text

/// The notations in which orders are written.
enum OrderNotation: String, CaseIterable, ExpressibleByArgument {
  /// The notation of `training.schedule_file`.
  case order
  /// The CSV of PyTorch's pipeline schedules.
  case pytorch
}

struct ExportScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the order of a schedule, as training.schedule_file reads it or for PyTorch.",
    discussion: "Automatic schedules are ordered for passes of equal length.")

  @OptionGroup var input: ScheduleInput

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Notation of the result.", valueName: "notation"))
  var notation = OrderNotation.order

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("File for the result; default: stdout.", valueName: "file"),
    completion: .file())
  var output: String?

  mutating func run() throws {
    let text: String
    do {
      let plan = try input.plan()
      text = notation == .order ? OrderText.render(plan) : try PyTorchText.render(plan)
    } catch let problem as ScheduleRefusal {
      // Sizes come from the command line.
      throw CommandProblem.usage(problem.explanations)
    }
    guard let output else { return try emit(text) }
    try OutputFile(output).write(text)
    remark("order in \(output)")
  }
}
