// `dsv3sim plan train`: GPUs, days, tokens or cost of a training run, the others given.

import ArgumentParser
import Plans
import Recording
import Reports
import Scenarios
import Text

struct PlanTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Find the GPUs, days, tokens or cost of a training run, the others given.",
    discussion: "GPUs and tokens that are not given are the scenario's. Runs of different sizes"
      + " have the same failures. See docs/planning.md.")

  @OptionGroup var input: ScenarioOptions
  @OptionGroup var goal: TrainGoalOptions
  @Option(
    help: ArgumentHelp("File for the winning scenario, which `run` takes.", valueName: "file"),
    completion: .file()) var winner: String?
  @OptionGroup var storage: StudyOptions
  @OptionGroup var trials: TrialOptions
  @Option(help: "Form of the result.") var format = ListFormat.table

  mutating func run() throws {
    let document = try input.documentOfVariants()
    let progress = Progress("trials")
    var question = try goal.question(
      document, input.changes, workers: trials.jobs, programVersion: ProgramVersion.text)
    question.trialEnded = progress.count
    let search = try TrainSearch(question)
    let file = try winner.map { try WinnerFile($0, of: input.path(), document) }

    var settings: [Setting]?
    let study = try storage.keeping("plan train \(document.words(of: "name", input.changes) ?? "")")
    {
      let plan = try search.plan()
      settings = plan.winner
      return try plan.ledger.study()
    }
    try emit(study, format)
    guard let settings else { throw CommandProblem.noAnswer("no size is within the bounds") }
    try file?.write(
      document, question.changes.adding(settings), from: "plan train \(input.scenario)")
  }
}
