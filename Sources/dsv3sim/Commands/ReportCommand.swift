// `dsv3sim report`: stored results as one page of HTML.

import ArgumentParser
import Page
import ResultsStore

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a page with the figures of a stored run or experiment, or of two.",
    discussion: "The page is one file and needs no network. Every figure has its table and the SQL"
      + " that it comes from.")

  @Argument(help: "One or two results files; two are shown beside each other.")
  var results: [String]

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp(
      "Number of a run, one for each file; default: what was stored last.", valueName: "number"))
  var runs: [Int64] = []

  @Option(
    name: .customLong("experiment"),
    help: ArgumentHelp("Number of an experiment, one for each file.", valueName: "number"))
  var experiments: [Int64] = []

  @Option(
    name: [.short, .long], help: ArgumentHelp("The page to write.", valueName: "file"),
    completion: .file())
  var output = "report.html"

  mutating func run() throws {
    guard (1...2).contains(results.count) else {
      throw CommandProblem.usage("report shows one results file or two, not \(results.count)")
    }
    let numbers = (runs.isEmpty ? experiments : runs).count
    guard runs.isEmpty || experiments.isEmpty, numbers == 0 || numbers == results.count else {
      throw CommandProblem.usage(
        "--run and --experiment do not match the files",
        advice: "give either of them once for each file")
    }
    let sources = try results.enumerated().map { index, path in
      let choice: PageChoice =
        !runs.isEmpty
        ? .run(runs[index]) : !experiments.isEmpty ? .experiment(experiments[index]) : .latest
      return try PageSource(ResultsStore(path: path, mode: .read), path: path, choice)
    }
    try OutputFile(output).write(ReportPage(sources, version: ProgramVersion.text).html)
    remark("wrote \(output)")
  }
}
