// `dsv3sim timeline`: a stored run as a picture or as a trace.

import ArgumentParser
import Foundation
import Recording
import Reports
import ResultsStore

struct TimelineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Draw a stored run as SVG, or write it as a trace for the Perfetto UI.",
    discussion: "The run must have been stored with: dsv3sim run SCENARIO --timeline")

  @Argument(help: "A results file that run wrote.")
  var results: String

  @Option(name: [.short, .long], help: "FILE.svg for a picture, FILE.json for a trace.")
  var output: String

  @Option(
    name: .customLong("run"), help: "Number of the run; absent: the last one with a timeline.")
  var number: Int64?

  @Option(help: "Draw from this second of the step on (pictures only).")
  var from: Double?

  @Option(help: "Draw up to this second of the step (pictures only).")
  var to: Double?

  /// What the output's name asks for.
  private enum Form { case picture, trace }

  mutating func run() throws {
    let form = try form()
    let store = try ResultsStore(path: results, mode: .read)
    let run = try chosenRun(in: store)
    switch form {
    case .picture:
      let picture = try picture(of: run, in: store)
      try OutputFile(output).write { write in try write(picture.svg) }
    case .trace:
      try OutputFile(output).write { try ChromeTrace(store, run: run.id).write(to: $0) }
    }
    remark("wrote run \(run.id.rawValue) of \(results) to \(output)")
  }

  private func form() throws -> Form {
    if output.hasSuffix(".svg") {
      let (start, end) = (from ?? 0, to ?? .infinity)
      guard start >= 0, start < end else {
        throw CommandFailure(
          status: 64, message: "error: --from \(start) is not before --to \(end), or below 0")
      }
      return .picture
    }
    guard output.hasSuffix(".json") else {
      throw CommandFailure(
        status: 64,
        message: "error: \"\(output)\" names no form\n  known: FILE.svg, FILE.json")
    }
    guard from == nil, to == nil else {
      throw CommandFailure(
        status: 64, message: "error: --from and --to are for pictures; a trace is whole")
    }
    return .trace
  }

  private func chosenRun(in store: ResultsStore) throws -> StoredRun {
    let runs = try store.runs()
    let kept = try store.runsWithTimeline()
    guard let wanted = number ?? kept.last?.rawValue else {
      throw noTimeline("no run of \(results) has a timeline")
    }
    guard let run = runs.first(where: { $0.id.rawValue == wanted }) else {
      throw CommandFailure(
        status: 65,
        message: "error: \(results) has no run \"\(wanted)\"\n  known: 1 to \(runs.count)")
    }
    guard kept.contains(run.id) else {
      throw noTimeline("run \(wanted) of \(results) has no timeline")
    }
    return run
  }

  private func noTimeline(_ problem: String) -> CommandFailure {
    CommandFailure(
      status: 65,
      message: "error: \(problem)\n  make one with: dsv3sim run SCENARIO --timeline -o \(results)")
  }

  private func picture(of run: StoredRun, in store: ResultsStore) throws -> TimelinePicture {
    let cursor = try store.spanCursor(of: run.id, streams: TimelinePicture.streams)
    var spans: [Span] = []
    while let span = try cursor.next() { spans.append(span) }
    let window = from == nil && to == nil ? nil : (from ?? 0)..<(to ?? .infinity)
    guard
      let picture = TimelinePicture(
        title: "\(run.scenarioName), \(run.schedule)", spans: spans, window: window)
    else {
      throw CommandFailure(
        status: 64, message: "error: nothing happens in the time that --from and --to leave")
    }
    return picture
  }
}
