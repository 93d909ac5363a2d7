// `dsv3sim moe compare`: compares balancing rules and precisions on the same text, seeds and steps.

import ArgumentParser
import Experiments
import MoEEngine
import Recording

struct MoECompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train with every balancing rule and precision, over several seeds.",
    discussion: "Balancing rules are compared in Float32, precisions under loss-free balancing."
      + " The loss error is relative to the bfloat16 run with the same seed.")

  @OptionGroup var engine: EngineOptions
  @Option(help: ArgumentHelp("Seeds, separated by commas.", valueName: "number,number")) var seeds =
    CommaSeparated<UInt64>([1, 2, 3])
  @Option(help: "Form of the result.") var format = ListFormat.table

  func validate() throws { try seeds.checkDistinct("seeds") }

  mutating func run() throws {
    let settings = TrainingSettings(preset: engine.preset)
    let comparison = EngineComparison(
      settings, try engine.loadCorpus(), workers: engine.workers)
    var trials: [EngineTrial] = []
    for seed in seeds.values {
      for variant in EngineVariant.all {
        let progress = EngineProgress(
          "seed \(seed), \(variant.balance.rawValue), \(variant.precision.rawValue): ", from: 0,
          to: engine.stepCount, tokensPerStep: settings.shape.tokens)
        trials.append(
          try comparison.run(variant, seed: seed, steps: engine.stepCount) { progress.tell($0) })
      }
    }
    try emit(.engineComparison(trials, of: engine.preset, steps: engine.stepCount), format)
  }
}
