// `dsv3sim moe generate`: continues a prompt with a trained engine, with drafts of its prediction
// module if asked.

import ArgumentParser
import Experiments
import MoEEngine
import Recording

struct MoEGenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a prompt with a trained engine.",
    discussion: "Drafts change the number of passes, never the text.")

  @Option(help: "A checkpoint that moe train wrote.") var checkpoint: String
  @Argument(help: "The text to continue.") var prompt: String
  @Option(help: "Bytes to add.") var tokens = 200
  @Option(help: "Sample at this temperature; 0 takes the most probable byte.")
  var temperature = 0.0
  @Option(help: "Seed of the sampling.") var seed: UInt64 = 1
  @Flag(help: "Let the multi-token prediction module draft, and count what is accepted.")
  var draft = false
  @Option(help: "table or json.") var format = ListFormat.table

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
