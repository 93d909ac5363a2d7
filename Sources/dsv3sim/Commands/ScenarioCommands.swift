// `dsv3sim validate` and `dsv3sim schema`: checks a scenario, and prints the schema of scenarios.

import ArgumentParser
import Scenarios

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a scenario and print every problem at once.")

  @OptionGroup var input: ScenarioOptions

  mutating func run() throws {
    let scenario = try input.load()
    var text = "\(input.scenario): scenario \"\(scenario.name)\" is valid\n"
    let names = scenario.megatronNames
    if !names.isEmpty {
      text += "in Megatron-LM's names:\n"
      text += names.map { "  \($0.name): \($0.value)\n" }.joined()
    }
    try emit(text)
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema", abstract: "Print the JSON Schema of scenarios.")

  mutating func run() throws {
    try emit(ScenarioSchema.json())
  }
}
