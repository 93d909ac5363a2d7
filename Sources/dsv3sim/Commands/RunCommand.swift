// `dsv3sim run`: simulates one scenario, prints its summary and stores its results.

import ArgumentParser
import Experiments
import Foundation
import Reports
import ResultsStore
import Scenarios

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Simulate a scenario, print its summary, store its results.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: [.short, .long], help: ArgumentHelp("SQLite file for the results.", valueName: "file"),
    completion: .file())
  var output = "results.db"

  @Flag(
    help: "Store the timeline too: cells, waits, operations and memory, for `dsv3sim timeline`.")
  var timeline = false

  @OptionGroup var requests: RequestOptions

  @Option(help: "Form of the summary.")
  var format = OutputFormat.table

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Threads of the simulation; results do not depend on it.", valueName: "count"))
  var jobs = JobCount.perCore

  @Option(
    help: ArgumentHelp(
      "Draws of what is not known exactly to simulate for the 90 % intervals, at least 19; 0 for"
        + " none. By default the six nearest to both ends of an approximation.",
      valueName: "number"))
  var replications: Int?

  mutating func run() throws {
    try check([("jobs", jobs.count, 1...1_024)])
    let intervals = try IntervalChoice(replications: replications, usual: .nearest)
    let wall = WallClock()
    let progress = Progress("requests")
    let tell = { @Sendable (done: TrialProgress) in
      switch done {
      case .requests(let ended, let all): progress.tell(ended, of: all)
      case .draws(let ended, let all): progress.tell(ended, of: all, unit: "draws")
      }
    }
    let scenario = try requests.scenario(input)
    if timeline { try checkTimeline(of: scenario) }
    let trial = Trial(
      scenario, programVersion: ProgramVersion.text,
      progress: Progress.isWanted ? tell : nil)
    let store = try ResultsStore(path: output)
    let record = try trial.run(
      keepsTimeline: timeline, keepsRequests: requests.areKept, intervals: intervals,
      workers: .threads(jobs.count))
    let text = requests.text(record) ?? RunSummary.text(record, format: format)
    let run = try store.write(requests.stored(record), clock: wall.runClock)
    try emit(text)
    let seconds = String(format: "%.2f", wall.seconds)
    remark("stored as run \(run.rawValue) of \(output), \(seconds) s")
  }

  /// - Throws: `CommandProblem` for a question without a timeline.
  private func checkTimeline(of scenario: Scenario) throws {
    let question =
      switch scenario.question {
      case .trainingStep, .inferenceStep: nil as String?
      case .service: "a service"
      case .trainingRun: "a whole run"
      }
    guard let question else { return }
    throw CommandProblem.usage(
      "--timeline: \"\(scenario.name)\" is \(question)",
      advice: "only steps have a timeline: leave --timeline out")
  }
}
