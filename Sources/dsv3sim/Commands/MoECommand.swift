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
  @Option(help: "Model and batch sizes: tiny, small or v3-router.")
  var preset = Preset.tiny

  @Option(help: "Training steps; each preset has its own default.")
  var steps: Int?

  @Option(
    help: "Folder of text with one subfolder per domain, to replace the embedded corpus.")
  var corpus: String?

  @Option(name: [.short, .long], help: "Number of cores; the result does not depend on it.")
  var jobs = Self.usualJobs

  /// All cores of the machine, within the limit of the option.
  static let usualJobs = min(1_024, ProcessInfo.processInfo.activeProcessorCount)

  /// Steps of the run.
  var stepCount: Int { steps ?? preset.steps }

  mutating func validate() throws {
    try check([("steps", steps ?? 1, 1...10_000_000), ("jobs", jobs, 1...1_024)])
  }

  /// The text to train on.
  ///
  /// - Throws: `CorpusProblem`.
  func loadCorpus() throws -> Corpus {
    guard let corpus else { return .embedded }
    return try Corpus(folder: corpus, sequenceLength: preset.shape.length)
  }

  /// The threads of the run.
  var workers: Workers { .threads(jobs) }
}

/// Progress of a run on stderr, at most every two seconds.
struct EngineProgress {
  private let wall = WallClock()
  private var toldAt = -Double.infinity
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

  /// Reports a step if the last report is two seconds old or the run is complete.
  mutating func tell(_ report: StepReport) {
    let seconds = wall.seconds
    let done = report.step + 1
    guard done == steps || seconds - toldAt >= 2 else { return }
    toldAt = seconds
    let rate = Double((done - firstStep) * tokensPerStep) / seconds
    let rest = Double((steps - done) * tokensPerStep) / rate
    remark(
      String(
        format: "%@step %d/%d  loss %.3f  MaxVio %.2f  %.0f tokens/s  ETA %d:%02d", title, done,
        steps, report.losses.main, report.maximalViolation, rate, Int(rest) / 60,
        Int(rest) % 60))
  }
}
