// `dsv3sim moe stats`: balance and specialisation in a stored trace.

import ArgumentParser
import Experiments
import Recording
import Routing

struct MoEStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Report load skew, specialisation by domain, nodes and GPUs per token.")

  @Argument(help: "File written by moe trace.")
  var file: String

  @Option(
    help: ArgumentHelp("Number of the trace in the file; default: the last.", valueName: "number"))
  var trace: Int64?

  @Option(
    help: ArgumentHelp(
      "Nodes that share a layer's experts; default: one per group, or fewer.", valueName: "count"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp(
      "GPUs that share a layer's experts; default: eight per node if they divide evenly.",
      valueName: "count"))
  var gpus: Int?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("SVG file for the heatmap of expert load by domain.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws {
    let stored = try TraceFile.load(file, number: trace)
    let (nodes, gpus) = try machine(stored.trace.gate)
    let study = Study.traceStatistics(stored.trace, hash: stored.hash, nodes: nodes, gpus: gpus)
    try draw(study, as: "heatmap", into: output)
    try emit(study, format)
  }

  /// Nodes and GPUs as specified; a missing number is chosen to match the other.
  private func machine(_ gate: Gate) throws -> (nodes: Int, gpus: Int) {
    let dividing = gpus.map { gpus in (1...max(1, gate.groups)).last { gpus % $0 == 0 } ?? 1 }
    let nodeCount = nodes ?? dividing ?? gate.groups
    // Eight GPUs per node, if these divide the experts; zero nodes are rejected below.
    let eights = nodeCount.multipliedReportingOverflow(by: 8).partialValue
    let gpuCount = gpus ?? (eights > 0 && gate.experts % eights == 0 ? eights : nodeCount)
    guard nodeCount > 0, gpuCount > 0, gpuCount % nodeCount == 0, gate.experts % gpuCount == 0
    else {
      let words = [nodes.map { "--nodes \"\($0)\"" }, gpus.map { "--gpus \"\($0)\"" }]
      let written = words.compactMap { $0 }
      let verb = written.count == 1 ? "does" : "do"
      throw CommandProblem.usage(
        "\(written.joined(separator: " and ")) \(verb) not divide the \(gate.experts) experts"
          + " evenly",
        advice: "expected: nodes that divide the GPUs, GPUs that divide the experts")
    }
    return (nodeCount, gpuCount)
  }
}
