// `dsv3sim moe train`: one resumable training run, evaluated on held-out text before and after.

import ArgumentParser
import Experiments
import MoEEngine
import Recording

struct MoETrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train the engine and evaluate it on held-out text.",
    discussion: "The same settings give the same bytes on stdout, with any number of threads and"
      + " however often the run is killed and resumed.")

  @OptionGroup var engine: EngineOptions
  @Option(help: ArgumentHelp("Seed of weights and batches.", valueName: "number")) var seed:
    UInt64 = 1
  @Option(help: "Load balancing of experts, as in the DeepSeek-V3 report by default.")
  var balance = BalanceRule.lossFree
  @Option(help: "Precision of linear layers; by default without rounding.")
  var precision = LinearPrecision.fp32
  @Option(
    help: ArgumentHelp(
      "File in which the run is saved every few steps and at the end.", valueName: "file"),
    completion: .file())
  var checkpoint: String?
  @Option(
    help: ArgumentHelp(
      "Steps between checkpoints; a kill costs at most as many.", valueName: "steps"))
  var checkpointEvery = 50
  @Flag(help: "Resume the checkpoint; it must have the same settings.") var resume = false
  @Option(help: "Form of the result.") var format = ListFormat.table

  func validate() throws {
    if resume && checkpoint == nil {
      throw CommandProblem.usage("--resume needs --checkpoint FILE")
    }
    if checkpointEvery < 1 {
      throw CommandProblem.usage("--checkpoint-every \"\(checkpointEvery)\": expected at least 1")
    }
  }

  mutating func run() throws {
    if let checkpoint { try EngineFile.checkWritable(checkpoint) }
    let settings = TrainingSettings(
      preset: engine.preset, seed: seed, balance: balance, precision: precision)
    let trainer = Trainer(settings, try engine.loadCorpus(), workers: engine.workers)
    let before = trainer.evaluate()
    if resume, let checkpoint {
      let data = try EngineFile.read(checkpoint)
      try EngineFile.explaining(checkpoint) { try trainer.resume(from: data) }
    }
    guard trainer.step <= engine.stepCount else {
      let wanted = engine.steps.map { "--steps \"\($0)\"" }
      throw CommandProblem.badData(
        checkpoint ?? "",
        "has already run \(trainer.step) steps, more than "
          + (wanted ?? "the \(engine.stepCount) of preset \(engine.preset.rawValue)"),
        advice: "expected: at least \(trainer.step) as --steps")
    }
    let progress = EngineProgress(
      "", from: trainer.step, to: engine.stepCount, tokensPerStep: settings.shape.tokens)
    while trainer.step < engine.stepCount {
      progress.tell(try trainer.advance())
      if let checkpoint,
        trainer.step % checkpointEvery == 0 || trainer.step == engine.stepCount
      {
        try OutputFile(checkpoint).write(trainer.checkpoint())
      }
    }
    let study = Study.engineRun(
      trainer, steps: engine.stepCount, before: before, after: trainer.evaluate())
    try emit(study, format)
  }
}
