// `dsv3sim plan`: questions that search over scenarios.

import ArgumentParser

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Plan a cluster: search for the scenario that meets a goal with the least.",
    subcommands: [PlanServeCommand.self])
}
