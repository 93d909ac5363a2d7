// `dsv3sim plan serve`: the least nodes with which a service meets its objectives.

import ArgumentParser
import Plans
import Recording
import Reports
import Scenarios

struct PlanServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract:
      "Find the least nodes with which a service meets its objectives, and how sure that is.",
    discussion: "The scenario gives load, layout and objectives; its numbers of units and nodes are"
      + " replaced. Replications have seeds of their own: some choose where to look, others give"
      + " the verdicts. See docs/planning.md.")

  @OptionGroup var input: ScenarioOptions
  @OptionGroup var goal: ServeGoalOptions
  @Option(
    name: .customLong("over"), parsing: .singleValue,
    help: ArgumentHelp(
      "Choose among several values, for example service.colocated.tensor=4,8. If repeated, all"
        + " combinations are candidates.", valueName: "key=value,value"))
  var axes: [String] = []
  @Option(
    help: ArgumentHelp("File for the winning scenario, which `run` takes.", valueName: "file"),
    completion: .file()) var winner: String?
  @OptionGroup var storage: StudyOptions
  @OptionGroup var trials: TrialOptions
  @Option(help: "Form of the result.") var format = ListFormat.table

  mutating func run() throws {
    let document = try input.documentOfVariants()
    let changes = input.changes.adding(goal.settings)
    var question = ServeQuestion(
      document: document, changes: changes, choices: try AxisOptions(axes).axes(besides: []),
      workers: trials.jobs, programVersion: ProgramVersion.text)
    try goal.apply(to: &question)
    let progress = Progress("trials")
    question.trialEnded = progress.count
    let file = try winner.map { try WinnerFile($0, of: input.path(), document) }

    var settings: [Setting]?
    let study = try storage.keeping("plan serve \(document.words(of: "name", changes) ?? "")") {
      let plan = try question.plan { progress.note($0) }
      settings = plan.winner
      return try plan.ledger.study()
    }
    try emit(study, format)
    guard let settings else {
      throw CommandProblem.noAnswer("no candidate is shown to meet the objective")
    }
    try file?.write(document, changes.adding(settings), from: "plan serve \(input.scenario)")
  }
}
