// `dsv3sim moe generate`: continues a prompt with a trained engine, optionally with drafts of its
// prediction module.

import ArgumentParser
import Experiments
import MoEEngine
import Recording

struct MoEGenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a prompt with a trained engine.",
    discussion: "Drafts change the number of passes, never the text.")

  @Argument(help: "Checkpoint written by moe train.", completion: .file()) var checkpoint: String
  @Argument(help: "The text to continue.") var prompt: String
  @Option(help: ArgumentHelp("Bytes to generate.", valueName: "count")) var tokens = 200
  @Option(
    help: ArgumentHelp(
      "Sampling temperature; by default the most probable byte, so that drafts can be compared.",
      valueName: "number"))
  var temperature = 0.0
  @Option(help: ArgumentHelp("Sampling seed.", valueName: "number")) var seed: UInt64 = 1
  @Flag(help: "Draft with the multi-token prediction module, and count accepted drafts.")
  var draft = false
  @Option(help: "Form of the result.") var format = ListFormat.table

  func validate() throws {
    if prompt.isEmpty { throw CommandProblem.usage("the prompt is empty: give at least one byte") }
    try check([("tokens", tokens, 1...100_000)])
    if !(0...100).contains(temperature) {
      throw CommandProblem.usage("--temperature \"\(temperature)\": expected 0 to 100")
    }
  }

  mutating func run() throws {
    let data = try EngineFile.read(checkpoint)
    let transformer = try EngineFile.explaining(checkpoint) {
      try Transformer.load(checkpoint: data)
    }
    let generation = Generation.continuing(
      Array(prompt.utf8).map(Int32.init), by: tokens, with: transformer,
      choice: temperature == 0
        ? .greedy : .sampled(temperature: temperature, seed: seed),
      drafts: draft)
    try emit(.generation(generation, of: prompt, drafts: draft), format)
  }
}
