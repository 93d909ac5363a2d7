// `dsv3sim scenarios`, `dsv3sim validate` and `dsv3sim schema`: the bundled scenarios, the check of
// one, and the keys and tables of all.

import ArgumentParser
import Reports
import ResultsStore
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
      let nameless = scenario.withoutMegatronName
      if !nameless.isEmpty {
        text += "without a name there: recompute \(nameless.joined(separator: ", "))\n"
      }
    }
    try emit(text)
  }
}

struct ScenariosCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenarios", abstract: "List the bundled scenarios, which commands take by name.")

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let files = BundledFiles.scenarios
    guard !files.names.isEmpty else {
      throw CommandProblem.noInput(
        "../share/dsv3sim/scenarios",
        "no such folder beside that of the program, and no checkout around it")
    }
    let rows = try files.names.map { name in
      let document = try ScenarioDocument(path: files.bundled(name) ?? name)
      return [name, document.questionKey ?? "", document.heading].map(ResultValue.text)
    }
    try emit(ResultTable(columns: ["name", "question", "about"], rows: rows).text(format))
  }
}

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the keys of scenarios, or what results files hold.")

  /// JSON Schema, or a page of documentation.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case json
    case markdown
  }

  @Flag(help: "Print the tables, views and metrics of results files, as Markdown.")
  var results = false

  @Option(help: "Form: JSON Schema of the keys, the default, or a page; --results has a page only.")
  var format: Format?

  func validate() throws {
    if results, format == .json {
      throw CommandProblem.usage(
        "--results has no form \"json\"", advice: "expected: --format markdown, or none")
    }
  }

  mutating func run() throws {
    switch format ?? .json {
    case _ where results: try emit(ResultsPage.markdown())
    case .json: try emit(ScenarioSchema.json())
    case .markdown: try emit(ScenarioPage.markdown())
    }
  }
}
