// `dsv3sim schedules`: the catalogue, the evaluation of a schedule with given durations, and orders
// as files.

import ArgumentParser
import Experiments
import Recording
import Schedules

struct SchedulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schedules",
    abstract: "List the pipeline schedules, evaluate one, or write its order.",
    subcommands: [
      ListSchedulesCommand.self, EvaluateScheduleCommand.self, ExportScheduleCommand.self,
    ],
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
