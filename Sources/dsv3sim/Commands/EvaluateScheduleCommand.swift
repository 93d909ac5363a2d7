// `dsv3sim schedules evaluate`: a schedule of the catalogue, or an order file, on given durations.

import ArgumentParser
import Experiments
import Foundation
import Recording
import Schedules

struct EvaluateScheduleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Run a schedule on given durations, all in one unit of your choice.",
    discussion: "Durations are per cell: a schedule with two chunks a rank takes half of each.")

  @Argument(help: "Name or alias of a schedule; or --order.") var name: String?
  @Option(help: "File with an order of your own; it brings its sizes.") var order: String?
  @Option(help: "Pipeline ranks P.") var stages: Int?
  @Option(help: "Microbatches M.") var microbatches: Int?
  @Option(help: "Duration of a forward.") var forward: Double
  @Option(help: "Duration of a backward for the input alone.") var backwardInput: Double
  @Option(help: "Duration of a backward for the weights alone.") var backwardWeight: Double
  @Option(help: "Duration of an overlapped forward and full backward; default is their sum.")
  var overlapped: Double?
  @Option(help: "From the end of a cell to the arrival of its output on another rank.")
  var transfer = 0.0
  @Option(help: "Chunks a rank, for interleaved schedules.") var chunks: Int?
  @Option(help: "table or json.") var format = ListFormat.table

  mutating func run() throws {
    let study: Study
    do {
      let durations = try CellDurations(
        forward: forward, backwardInput: backwardInput, backwardWeight: backwardWeight,
        overlapped: overlapped, transfer: transfer)
      let plan = try plan(durations)
      study = .schedule(plan, try evaluate(plan, durations))
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(status: 64, message: "error: \(error)")
    }
    try emit(study, format)
  }

  private func plan(_ durations: CellDurations) throws -> Plan {
    if let order {
      guard name == nil, stages == nil, microbatches == nil, chunks == nil else {
        throw CommandFailure(
          status: 64,
          message: "error: --order brings its own name and sizes\n"
            + "  leave out NAME, --stages, --microbatches and --chunks")
      }
      return try OrderArgument(path: order).plan()
    }
    guard let name, let stages, let microbatches else {
      throw CommandFailure(
        status: 64,
        message: "error: evaluate needs NAME with --stages and --microbatches, or --order FILE")
    }
    return try ScheduleArgument.kind(named: name).plan(
      ScheduleSizes(ranks: stages, microbatches: microbatches, chunks: chunks),
      durations: durations)
  }
}

/// An order file that a person named.
struct OrderArgument {
  let path: String

  /// The plan in the file.
  ///
  /// - Throws: `CommandFailure` 66 where it cannot be read, 65 with every problem by line.
  func plan() throws -> Plan {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandFailure(status: 66, message: "\(path): error: cannot be read")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CommandFailure(status: 65, message: "\(path): error: is not UTF-8 text")
    }
    do { return try OrderText.checked(text) } catch {
      let lines = error.all.map { problem in
        "\(path):\(problem.line):\(problem.column): error: \"\(problem.word)\" cannot stand here\n"
          + "  expected: \(problem.expected)"
      }
      throw CommandFailure(status: 65, message: lines.joined(separator: "\n"))
    }
  }
}
