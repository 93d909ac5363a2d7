// `dsv3sim schedules`: the catalogue, and the evaluation of a schedule with given durations.

import ArgumentParser
import Experiments
import Recording
import Schedules

struct SchedulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules", abstract: "List the pipeline schedules, or evaluate one.",
    subcommands: [ListSchedulesCommand.self, EvaluateScheduleCommand.self],
    defaultSubcommand: ListSchedulesCommand.self)
}

struct ListSchedulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List names, sizes, memory, sources and a drawing of each.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws { try emit(Study.schedules(), format) }
}

/// Finds a schedule named on the command line.
enum ScheduleArgument {
  /// The schedule with a name or alias.
  static func kind(named name: String) throws -> ScheduleKind {
    if let kind = ScheduleCatalogue.named(name) { return kind }
    throw CommandProblem.usage([ScheduleCatalogue.unknown(name)])
  }
}
