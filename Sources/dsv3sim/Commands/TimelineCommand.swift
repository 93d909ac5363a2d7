// `dsv3sim timeline`: exports a stored run as a picture or as a trace.

import ArgumentParser
import Reports
import ResultsStore
import Text

struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Draw a stored run as SVG, or write it as a trace for the Perfetto UI.",
    discussion: "The run must have been stored with: dsv3sim run SCENARIO --timeline")

  @Argument(help: "Results file written by run.")
  var results: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("FILE.svg for a picture, FILE.json for a trace.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Number of the run; default: the last one with a timeline.", valueName: "number"))
  var number: Int64?

  @Option(
    help: ArgumentHelp(
      "Start of the picture, in seconds of the step (pictures only).", valueName: "seconds"))
  var from: Double?

  @Option(
    help: ArgumentHelp(
      "End of the picture, in seconds of the step (pictures only).", valueName: "seconds"))
  var to: Double?

  mutating func run() throws {
    let isPicture = try isPicture()
    let store = try ResultsStore(path: results, mode: .read)
    let run = try store.run(number, withTimeline: true)
    if isPicture {
      let window = from == nil && to == nil ? nil : (from ?? 0)..<(to ?? .infinity)
      guard let picture = try TimelinePicture(of: run, in: store, window: window) else {
        throw CommandProblem.usage("the run has no activity between --from and --to")
      }
      try OutputFile(output).write { write in try write(picture.svg) }
    } else {
      try OutputFile(output).write { try ChromeTrace(store, run: run.id).write(to: $0) }
    }
    remark("wrote run \(run.id.rawValue) of \(results) to \(output)")
  }

  /// Whether the output is a picture, by its suffix; otherwise it is a trace.
  private func isPicture() throws -> Bool {
    if output.hasSuffix(".svg") {
      let (start, end) = (from ?? 0, to ?? .infinity)
      guard start >= 0, start < end else {
        throw CommandProblem.usage("--from \(start) is not before --to \(end), or below 0")
      }
      return true
    }
    guard output.hasSuffix(".json") else {
      throw CommandProblem.usage(
        "--output \(quoted(output)) has no known suffix", advice: "known: FILE.svg, FILE.json")
    }
    guard from == nil, to == nil else {
      throw CommandProblem.usage("--from and --to are for pictures; a trace covers the whole step")
    }
    return false
  }
}
