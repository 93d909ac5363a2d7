// `dsv3sim show`: prints a stored run, comparison or expert study again.

import ArgumentParser
import Reports
import ResultsStore

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print a stored result again, byte for byte.",
    discussion: "Without a number, it prints the last stored result.")

  @Argument(help: "Results file written by run, compare or experts.")
  var results: String

  @Option(name: .customLong("run"), help: ArgumentHelp("Number of a run.", valueName: "number"))
  var runNumber: Int64?

  @Option(
    name: .customLong("experiment"),
    help: ArgumentHelp(
      "Number of an experiment, as stored by compare and experts.", valueName: "number"))
  var experimentNumber: Int64?

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  func validate() throws {
    guard runNumber == nil || experimentNumber == nil else {
      throw CommandProblem.usage("--run and --experiment: one of them at a time")
    }
  }

  mutating func run() throws {
    let store = try ResultsStore(path: results, mode: .read)
    let chosen = experimentNumber.map { ExperimentID(rawValue: $0) }
    guard runNumber == nil, let id = try chosen ?? store.lastExperiment() else {
      let run = try store.run(runNumber).id
      guard let record = try store.record(of: run, withTimeline: false, withRequests: false)
      else { return }
      return try emit(RunSummary.text(record, format: format))
    }
    if let study = try store.study(of: id) { return try emit(StudyText.text(study, format)) }
    let experiment = try store.experiment(id)
    let count = experiment.trials.count
    if let all = experiment.trialCount, count < all {
      remark("\(count) of \(all) trials are stored: the command that began it resumes it")
    }
    try emit(Comparison(experiment.trials).text(format))
  }
}
