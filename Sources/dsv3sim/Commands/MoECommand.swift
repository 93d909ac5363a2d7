// `dsv3sim moe`: a small mixture-of-experts transformer that is actually trained.

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import Units

struct MoECommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moe", abstract: "Train a small DeepSeek-V3 with real experts and analyse it.",
    subcommands: [
      MoETrainCommand.self, MoEGenerateCommand.self, MoECompareCommand.self,
      MoETraceCommand.self, MoEStatsCommand.self, MoEScaleCommand.self,
      MoEValidateCommand.self,
    ])
}

extension Preset: ExpressibleByArgument {}
extension BalanceRule: ExpressibleByArgument {}
extension LinearPrecision: ExpressibleByArgument {}

/// Rejects the first number that is outside its limits.
func check(_ options: [(name: String, value: Int, limits: ClosedRange<Int>)]) throws {
  for (name, value, limits) in options where !limits.contains(value) {
    throw CommandProblem.usage(
      "--\(name) \"\(value)\": expected \(limits.lowerBound) to \(limits.upperBound)")
  }
}

/// Sizes, text and threads of a run.
struct EngineOptions: ParsableArguments {
  @Option(help: "Model and batch sizes.")
  var preset = Preset.tiny

  @Option(help: ArgumentHelp("Training steps; default: set by the preset.", valueName: "count"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "Folder of text with one subfolder per domain, to replace the embedded corpus.",
      valueName: "folder"), completion: .directory)
  var corpus: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Threads; the result does not depend on it.", valueName: "count"))
  var jobs = JobCount.perCore

  /// Steps of the run.
  var stepCount: Int { steps ?? preset.steps }

  mutating func validate() throws {
    try check([("steps", steps ?? 1, 1...10_000_000), ("jobs", jobs.count, 1...1_024)])
  }

  /// The text to train on.
  ///
  /// - Throws: `CorpusProblem`.
  func loadCorpus() throws -> Corpus {
    guard let corpus else { return .embedded }
    return try Corpus(folder: corpus, sequenceLength: preset.shape.length)
  }

  /// The threads of the run.
  var workers: Workers { .threads(jobs.count) }
}

/// Progress of a training run.
struct EngineProgress {
  private let wall = WallClock()
  private let progress = Progress("steps")
  private let firstStep: Int
  private let steps: Int
  private let tokensPerStep: Int
  private let title: String

  init(_ title: String, from firstStep: Int, to steps: Int, tokensPerStep: Int) {
    self.title = title
    self.firstStep = firstStep
    self.steps = steps
    self.tokensPerStep = tokensPerStep
  }

  /// Reports a step.
  func tell(_ report: StepReport) {
    let done = report.step + 1
    let rate = Double((done - firstStep) * tokensPerStep) / max(wall.seconds, 1e-3)
    progress.tell(
      done - firstStep, of: steps - firstStep,
      note: String(
        format: "%@loss %.3f  MaxVio %.2f  %.0f tokens/s", title, report.losses.main,
        report.maximalViolation, rate))
  }
}
