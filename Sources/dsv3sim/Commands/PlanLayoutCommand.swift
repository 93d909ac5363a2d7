// `dsv3sim plan layout`: the layout of a training step with the least step time.

import ArgumentParser
import Experiments
import Plans
import Reports
import Scenarios

struct PlanLayoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layout",
    abstract: "Find the fastest layouts of a training step on the scenario's GPUs.",
    discussion: "Varies microbatch, recomputation, tensor, context, expert and pipeline sizes,"
      + " schedule and chunks; data and partition follow. GPUs, model and sequences per step are"
      + " the scenario's. No layout that could be among the best ten is left out.")

  @OptionGroup var input: ScenarioOptions

  @Option(
    name: .customLong("over"), parsing: .singleValue,
    help: ArgumentHelp(
      "Values of a key instead of the usual ones, or of a further key, for example"
        + " training.schedule=1f1b,dualpipe. May be repeated.", valueName: "key=value,value"))
  var axes: [String] = []

  @Option(
    help: ArgumentHelp("File for the winning scenario, which `run` takes.", valueName: "file"),
    completion: .file())
  var winner: String?

  @OptionGroup var storage: StudyOptions

  @OptionGroup var trials: TrialOptions

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let document = try input.documentOfVariants()
    var plan = try LayoutPlan(
      document, input.changes, over: try AxisOptions(axes).axes(besides: []),
      programVersion: ProgramVersion.text)
    let file = try winner.map { try WinnerFile($0, of: input.path(), document) }
    var answer: LayoutPlan.Answer?
    let progress = Progress("trials")
    plan.trialEnded = progress.count
    let study = try storage.keeping("plan layout") {
      let found = try plan.answer(workers: trials.jobs)
      answer = found
      return try found.ledger.study()
    }
    try emit(StudyText.text(study, format))
    if let best = answer?.best {
      try file?.write(document, input.changes.adding(best), from: "plan layout \(input.scenario)")
    }
    if let bugs = answer?.bugs, !bugs.isEmpty { throw CommandProblem.bug(bugs) }
  }
}
