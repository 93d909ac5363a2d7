// `dsv3sim validate` and `dsv3sim schema`: what a scenario may say.

import ArgumentParser
import Scenarios
import Schedules

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a scenario and print every problem at once.")

  @OptionGroup var input: ScenarioOptions

  mutating func run() throws {
    let scenario = try input.loadAny()
    try emit("\(input.scenario): scenario \"\(scenario.name)\" is valid\n")
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenarios.")

  mutating func run() throws {
    let json = ScenarioSchema.json(
      schedules: ScheduleCatalogue.all.flatMap { [$0.name] + $0.aliases })
    try emit(json.hasSuffix("\n") ? json : json + "\n")
  }
}
