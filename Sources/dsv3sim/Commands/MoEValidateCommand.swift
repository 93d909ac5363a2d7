// `dsv3sim moe validate`: does a scaled trace resemble the trace of a larger model?

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import Recording

struct MoEValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Validate trace scaling against trained models and held-out domains.",
    discussion: """
      Trains engines with 32 and with 64 experts, fits synthetic layers to the smaller one and
      predicts the larger one; then holds each domain out of the fit and predicts it.
      """)

  @Option(help: ArgumentHelp("Seeds, separated by commas.", valueName: "number,number")) var seeds =
    CommaSeparated<UInt64>([1, 2, 3])
  @Option(help: ArgumentHelp("MoE layers.", valueName: "count")) var layers = 4
  @Option(help: ArgumentHelp("Sequences per step.", valueName: "count")) var sequences = 8
  @Option(help: ArgumentHelp("Training steps.", valueName: "count")) var steps = 300
  @Option(
    help: ArgumentHelp(
      "Final steps whose routing is traced and fitted; default: 4, or all if fewer.",
      valueName: "count"))
  var tracedSteps: Int?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Threads; the result does not depend on it.", valueName: "count"))
  var jobs = JobCount.perCore
  @Option(help: "Form of the result.") var format = ListFormat.table

  /// Steps whose routing is traced.
  private var keptSteps: Int { tracedSteps ?? max(1, min(4, steps)) }

  mutating func validate() throws {
    try seeds.checkDistinct("seeds")
    try check([
      ("layers", layers, 1...64), ("sequences", sequences, 4...256), ("steps", steps, 1...100_000),
      ("traced-steps", keptSteps, 1...max(1, min(steps, 64))), ("jobs", jobs.count, 1...1024),
    ])
  }

  mutating func run() throws {
    let validation = ScalingValidation(
      ScalingValidation.Plan(
        layers: layers, sequences: sequences, steps: steps, tracedSteps: keptSteps),
      .embedded, workers: .threads(jobs.count))
    let tokens = Preset.v3Router.shape.length * sequences
    let outcomes = try seeds.values.map { seed in
      func progress(_ experts: Int) -> EngineProgress {
        EngineProgress(
          "seed \(seed), \(experts) experts: ", from: 0, to: steps, tokensPerStep: tokens)
      }
      let (few, many) = ScalingValidation.experts
      let small = progress(few)
      var large: EngineProgress?
      return try validation.run(seed: seed) { [steps] experts, report in
        if experts == few {
          small.tell(report)
          // The larger engine's clock starts when the smaller one's stops.
          if report.step + 1 == steps { large = progress(many) }
        } else {
          large?.tell(report)
        }
      } fitting: { domain in
        remark("seed \(seed): fitting" + (domain.map { ", without \($0)" } ?? ""))
      }
    }
    try emit(
      .scalingValidation(
        outcomes, layers: layers, steps: steps, domains: Corpus.embedded.domains), format)
  }
}
