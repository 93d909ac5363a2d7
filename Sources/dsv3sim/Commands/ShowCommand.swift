// `dsv3sim show`: what a stored run or comparison printed, again.

import ArgumentParser
import Recording
import Reports
import ResultsStore

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a stored run or comparison again, the same bytes as when it was stored.",
    discussion: "Without a number: what was stored last.")

  @Argument(help: "A results file that run or compare wrote.")
  var results: String

  @Option(name: .customLong("run"), help: "Number of a run.")
  var runNumber: Int64?

  @Option(
    name: .customLong("experiment"), help: "Number of an experiment, which compare stores.")
  var experimentNumber: Int64?

  @Option(help: "table, json or csv.")
  var format = OutputFormat.table

  func validate() throws {
    guard runNumber == nil || experimentNumber == nil else {
      throw ValidationError("--run and --experiment: one of them at a time")
    }
  }

  mutating func run() throws {
    let store = try ResultsStore(path: results, mode: .read)
    if let number = runNumber {
      return try emit(text(of: RunID(rawValue: number), in: store))
    }
    let chosen = experimentNumber.map { ExperimentID(rawValue: $0) }
    if let experiment = try chosen ?? store.lastExperiment() {
      return try emit(text(of: experiment, in: store))
    }
    let runs = try store.runs()
    guard let run = runs.last?.id else { throw missing("run or experiment", known: 0) }
    try emit(text(of: run, in: store))
  }

  private func text(of run: RunID, in store: ResultsStore) throws -> String {
    guard let record = try store.record(of: run, withTimeline: false) else {
      throw missing("run \"\(run.rawValue)\"", known: try store.runs().count)
    }
    return RunSummary.text(record, format: format)
  }

  private func text(of id: ExperimentID, in store: ResultsStore) throws -> String {
    guard let experiment = try store.experiment(id) else {
      throw missing("experiment \"\(id.rawValue)\"", known: try store.experimentCount())
    }
    let count = experiment.trials.count
    if let all = experiment.trialCount, count < all {
      remark("\(count) of \(all) trials are there: the command that began it goes on with it")
    }
    return Comparison(experiment.trials).text(format)
  }

  private func missing(_ what: String, known: Int) -> CommandFailure {
    let advice = known == 0 ? "" : "\n  known: 1 to \(known)"
    return CommandFailure(status: 65, message: "error: \(results) has no \(what)\(advice)")
  }
}
