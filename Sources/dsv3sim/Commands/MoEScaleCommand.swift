// `dsv3sim moe scale`: scales a trace up to the layers of a large model.

import ArgumentParser
import Experiments
import Recording
import ResultsStore
import Routing

struct MoEScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Scale a trace up to many layers, and store the expert loads with it.",
    discussion: """
      To use the loads in a scenario, set training.routing.file=FILE with
      training.routing.source=trace and training.routing.use=shares, or with
      training.routing.source=profile for the file of --export.
      """)

  @Argument(help: "File written by moe trace.")
  var file: String

  @Option(help: ArgumentHelp("MoE layers of the large model.", valueName: "count"))
  var layers = 58

  @Option(
    help: ArgumentHelp(
      "Sigma of ln load of a layer in one domain; by default published, 0 keeps the trace's.",
      valueName: "number"))
  var sigma = TraceScaling.publishedSigma

  @Option(
    help: ArgumentHelp(
      "Number of traced sequences to route; more give smoother loads.", valueName: "count"))
  var sequences = TraceScaling.usualSequences

  @Option(help: ArgumentHelp("Seed of vectors and noise.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Also write the profile to this text file.", valueName: "file"),
    completion: .file())
  var export: String?

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func validate() throws {
    guard (1...1024).contains(layers) else {
      throw CommandProblem.usage("--layers \"\(layers)\" is outside 1 to 1024")
    }
    guard sigma == 0 || (0.05...3).contains(sigma) else {
      throw CommandProblem.usage("--sigma \"\(sigma)\" is neither 0 nor inside 0.05 to 3")
    }
    guard (1...100_000).contains(sequences) else {
      throw CommandProblem.usage("--sequences \"\(sequences)\" is outside 1 to 100000")
    }
  }

  mutating func run() throws {
    let stored = try TraceFile.load(file)
    guard TraceScaling.canScale(stored.trace) else {
      throw CommandProblem.badData(file, "its trace has no layers or no text to scale")
    }
    if let lack = stored.trace.lackOfText { throw PlacementProblem([lack.within(file)]) }
    if let fewest = stored.trace.sequencesOfAllDomains, sequences < fewest {
      throw CommandProblem.usage(
        "--sequences \"\(sequences)\" leaves a domain of the trace without text",
        advice: "expected: at least \(fewest)")
    }
    let scaled = TraceScaling.scale(
      stored.trace, hash: stored.hash, layers: layers, level: sigma == 0 ? nil : sigma,
      sequences: sequences, seed: seed
    ) { remark("fitted \($0.count) layers") }
    try ResultsStore(path: file).write(scaled.profile, of: nil)
    if let export { try OutputFile(export).write(scaled.profile.text) }
    try emit(.traceScaling(scaled), format)
  }
}
