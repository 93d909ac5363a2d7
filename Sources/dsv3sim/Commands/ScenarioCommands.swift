// `dsv3sim validate` and `dsv3sim schema`: checks a scenario, and prints the schema of scenarios.

import ArgumentParser
import Scenarios

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a scenario and print every problem at once.")

  @OptionGroup var input: ScenarioOptions

  mutating func run() throws {
    let scenario = try input.load()
    try emit("\(input.scenario): scenario \"\(scenario.name)\" is valid\n")
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenarios.")

  mutating func run() throws {
    try emit(ScenarioSchema.json())
  }
}
