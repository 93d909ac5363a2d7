// `dsv3sim moe compare`: balancing rules and precisions, on the same text, seeds and steps.

import ArgumentParser
import Experiments
import MoEEngine
import Reports
import Units

struct MoECompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train with every balancing rule and precision, over several seeds.",
    discussion: "Balancing rules are compared in Float32, precisions under loss-free balancing."
      + " The loss error is against the bfloat16 run of the same seed.")

  @OptionGroup var engine: EngineOptions
  @Option(help: "Seeds, separated by commas.", transform: Self.seeds)
  var seeds: [UInt64] = [1, 2, 3]
  @Option(help: "table or json.") var format = ListFormat.table

  /// Seeds of a list with commas.
  static func seeds(_ text: String) throws -> [UInt64] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let seed = UInt64($0) else {
        throw ValidationError("--seeds: \"\($0)\" is not a seed: write for example 1,2,3")
      }
      return seed
    }
  }

  mutating func run() throws {
    let settings = TrainingSettings(preset: engine.preset)
    let comparison = EngineComparison(
      settings, try engine.loadCorpus(), workers: engine.workers)
    var trials: [EngineTrial] = []
    for seed in seeds {
      for variant in EngineVariant.all {
        var progress = EngineProgress(
          "seed \(seed), \(variant.balance.rawValue), \(variant.precision.rawValue): ", from: 0,
          to: engine.stepCount, tokensPerStep: settings.shape.tokens)
        trials.append(
          try comparison.run(variant, seed: seed, steps: engine.stepCount) { progress.tell($0) })
      }
    }
    let rows = EngineComparison.rows(trials)
    try emit(format == .json ? json(rows, trials) : text(rows))
  }

  private func text(_ rows: [EngineComparisonRow]) -> String {
    var table = TextTable(columns: [
      ("balance", .left), ("precision", .left), ("held-out loss", .right), ("+-", .right),
      ("MaxVio", .right), ("+-", .right), ("loss error", .right), ("+-", .right),
    ])
    for row in rows {
      table.addRow([
        row.variant.balance.rawValue, row.variant.precision.rawValue,
        significantText(row.heldOutLoss.mean), significantText(row.heldOutLoss.range / 2),
        significantText(row.maximalViolation.mean),
        significantText(row.maximalViolation.range / 2), percentText(row.lossError.mean),
        percentText(row.lossError.range / 2),
      ])
    }
    let count = "\(seeds.count) seed\(seeds.count == 1 ? "" : "s")"
    return """
      \(engine.preset.rawValue), \(engine.stepCount) steps, means over \(count)

      \(table.text)
      held-out loss: nats per byte, mean over domains; MaxVio: largest load / mean - 1, mean over
      layers; loss error: |loss - loss in bf16| / loss in bf16 while training, smoothed, over the
      second half; +-: half the range over seeds

      """
  }

  private func json(_ rows: [EngineComparisonRow], _ trials: [EngineTrial]) -> String {
    func spread(_ name: String, _ value: SeedSpread) -> [(name: String, value: JSONValue)] {
      [(name, .real(value.mean)), (name + "_range", .real(value.range))]
    }
    let variants = rows.map { row in
      JSONValue.object(
        [
          (name: "balance", value: JSONValue.text(row.variant.balance.rawValue)),
          (name: "precision", value: .text(row.variant.precision.rawValue)),
        ] + spread("held_out_loss_nats", row.heldOutLoss)
          + spread("max_violation", row.maximalViolation)
          + spread("loss_error_ratio", row.lossError))
    }
    let runs = trials.map { trial in
      JSONValue.object([
        ("balance", .text(trial.variant.balance.rawValue)),
        ("precision", .text(trial.variant.precision.rawValue)),
        ("seed", .integer(Int64(bitPattern: trial.seed))),
        ("held_out_losses_before_nats", .array(trial.before.losses.map { .real($0) })),
        ("held_out_losses_after_nats", .array(trial.after.losses.map { .real($0) })),
        ("max_violations_after", .array(trial.after.maximalViolations.map { .real($0) })),
      ])
    }
    return JSONValue.object([
      ("preset", .text(engine.preset.rawValue)), ("steps", .integer(Int64(engine.stepCount))),
      ("variants", .array(variants)), ("trials", .array(runs)),
    ]).description + "\n"
  }
}
