// `dsv3sim hardware`, `dsv3sim models`, `dsv3sim stacks` and `dsv3sim facts`: the catalogues and
// their sources.

import ArgumentParser
import Experiments
import Facts
import Recording
import Reports
import Scenarios
import Text

struct HardwareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hardware",
    abstract: "List GPUs, nodes and topologies with the source of each figure.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws { try emit(.hardware, format) }
}

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List models with parameters, FLOPs, KV bytes, format of weights and source.")

  @Argument(
    help: "A Hugging Face config.json to count; default: the catalogue.", completion: .file())
  var config: String?

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws {
    let models = try config.map { [try ModelConfig.load(path: $0).model] }
    try emit(models.map { .models($0) } ?? .models(), format)
  }
}

struct StacksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stacks",
    abstract: "List software stacks with what their hosts cost, and the source of each value.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws { try emit(.stacks, format) }
}

struct FactsCommand: ParsableCommand {
  /// The formats of every study, and a page of documentation.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case csv
    case markdown
  }

  static let configuration = CommandConfiguration(
    commandName: "facts",
    abstract: "List every published or assumed figure with its citation, or show one in full.")

  @Argument(help: "Id of a fact, for example hw.h800.sms, or the name of an assumption.")
  var id: String?

  @Option(help: "Form of the result; markdown is for the whole list only.")
  var format = Format.table

  mutating func validate() throws {
    guard id == nil || format != .markdown else {
      throw CommandProblem.usage("--format markdown is for the whole list: leave out the id")
    }
  }

  mutating func run() throws {
    let study = try id.map { .fact(try fact(named: $0)) } ?? Study.facts
    switch OutputFormat(rawValue: format.rawValue) {
    case .some(let format): try emit(StudyText.text(study, format))
    case .none: try emit(StudyText.markdown(ofFacts: study))
    }
  }

  private func fact(named id: String) throws -> Fact {
    if let fact = Fact.all.first(where: { $0.id == id }) { return fact }
    throw CommandProblem.usage(
      "\(quoted(id)) is not a fact", advice: knownText(Fact.all.map(\.id), insteadOf: id))
  }
}
