// `dsv3sim plan`: questions that search over scenarios.

import ArgumentParser

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Search for the best scenario, or for the least that meets a goal.",
    subcommands: [PlanTrainCommand.self, PlanLayoutCommand.self, PlanServeCommand.self])
}
