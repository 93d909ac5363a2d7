// `dsv3sim moe validate`: is a scaled trace like the trace of a larger model?

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import Reports
import Units

struct MoEValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Hold the scaling of traces against trained models and held-out domains.",
    discussion: """
      Trains engines of 32 and of 64 experts, fits synthetic layers to the smaller one and asks them
      for the larger one; then leaves each domain out of the fit and asks for it.
      """)

  @Option(help: "Seeds, separated by commas.", transform: MoECompareCommand.seeds)
  var seeds: [UInt64] = [1, 2, 3]
  @Option(help: "Layers with experts.") var layers = 4
  @Option(help: "Sequences of a step.") var sequences = 8
  @Option(help: "Steps of training.") var steps = 300
  @Option(help: "Steps at the end whose routing is kept and fitted; absent: 4, at most all.")
  var tracedSteps: Int?
  @Option(name: [.short, .long], help: "Cores of the training; the result does not depend on it.")
  var jobs = EngineOptions.usualJobs
  @Option(help: "table or json.") var format = ListFormat.table

  /// Steps whose routing is kept.
  private var keptSteps: Int { tracedSteps ?? max(1, min(4, steps)) }

  mutating func validate() throws {
    let limits = [
      ("layers", layers, 1...64), ("sequences", sequences, 4...256), ("steps", steps, 1...100_000),
      ("traced-steps", keptSteps, 1...max(1, min(steps, 64))), ("jobs", jobs, 1...1024),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      throw ValidationError(
        "--\(name) \"\(value)\": expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  mutating func run() throws {
    let validation = ScalingValidation(
      ScalingValidation.Plan(
        layers: layers, sequences: sequences, steps: steps, tracedSteps: keptSteps),
      .embedded, workers: .threads(jobs))
    let tokens = Preset.v3Router.shape.length * sequences
    let outcomes = try seeds.map { seed in
      func progress(_ experts: Int) -> EngineProgress {
        EngineProgress(
          "seed \(seed), \(experts) experts: ", from: 0, to: steps, tokensPerStep: tokens)
      }
      let (few, many) = ScalingValidation.experts
      var small = progress(few)
      var large: EngineProgress?
      return try validation.run(seed: seed) { [steps] experts, report in
        if experts == few {
          small.tell(report)
          // The larger engine's clock starts where the smaller one's stops.
          if report.step + 1 == steps { large = progress(many) }
        } else {
          large?.tell(report)
        }
      } fitting: { domain in
        remark("seed \(seed): fitting" + (domain.map { ", without \($0)" } ?? ""))
      }
    }
    let table = ValidationTable(
      outcomes: outcomes, domains: Corpus.embedded.domains, seeds: seeds.count)
    try emit(format == .json ? table.json : table.text(steps: steps, layers: layers))
  }
}

/// The outcomes of a validation as text and JSON.
struct ValidationTable {
  let outcomes: [ScalingValidation.Outcome]
  let domains: [String]
  let seeds: Int

  private typealias Measure = (name: String, json: String, value: (ScalingStatistics) -> Double)

  private static var measures: [Measure] {
    [
      ("sigma of ln load in a domain", "sigma_ln", { $0.sigma }),
      ("information about the domain, bit", "mutual_information_bits", { $0.information }),
      ("nodes/token", "nodes_per_token", { $0.nodes }),
      ("GPU max/mean in a domain", "imbalance", { $0.unplanned }),
      ("  under EPLB", "imbalance_eplb", { $0.planned }),
      ("GPU max/mean of a window under EPLB", "imbalance_fresh", { $0.fresh }),
      ("  under the plan of the one before", "imbalance_stale", { $0.stale }),
    ]
  }

  private func spread(
    _ path: (ScalingValidation.Outcome) -> ScalingStatistics, _ measure: Measure
  ) -> SeedSpread {
    SeedSpread(outcomes.map { measure.value(path($0)) })
  }

  /// Whether a prediction lies among the engine's seeds, or how far its mean is from their mean.
  private func verdict(_ predicted: SeedSpread, _ engine: [Double]) -> String {
    let mean = engine.reduce(0, +) / Double(engine.count)
    if let low = engine.min(), let high = engine.max(), (low...high).contains(predicted.mean) {
      return "inside"
    }
    return percentText(predicted.mean / mean - 1)
  }

  /// Two tables.
  func text(steps: Int, layers: Int) -> String {
    let (small, large) = ScalingValidation.experts
    var transfer = TextTable(columns: [
      ("mean over layers", .left), ("engine, \(small)", .right), ("fitted, \(small)", .right),
      ("engine, \(large)", .right), ("+-", .right), ("predicted, \(large)", .right),
      ("+-", .right), ("off", .right),
    ])
    for measure in Self.measures {
      let predicted = spread(\.predicted, measure)
      let engine = spread(\.large, measure)
      let figures = [
        spread(\.small, measure).mean, spread(\.fitted, measure).mean, engine.mean,
        engine.range / 2, predicted.mean, predicted.range / 2,
      ]
      let off = verdict(predicted, outcomes.map { measure.value($0.large) })
      transfer.addRow([measure.name] + figures.map { significantText($0) } + [off])
    }
    var heldOut = TextTable(columns: [
      ("held-out domain", .left), ("sigma, engine", .right), ("+-", .right),
      ("predicted without it", .right), ("+-", .right), ("off", .right),
    ])
    for (index, domain) in domains.enumerated() {
      let engine = SeedSpread(outcomes.map { $0.small.domainSigmas[index] })
      let predicted = SeedSpread(outcomes.map { $0.heldOutSigmas[index] })
      let figures = [engine.mean, engine.range / 2, predicted.mean, predicted.range / 2]
      let off = verdict(predicted, outcomes.map { $0.small.domainSigmas[index] })
      heldOut.addRow([domain] + figures.map { significantText($0) } + [off])
    }
    let count = "\(seeds) seed\(seeds == 1 ? "" : "s")"
    return """
      engines of \(small) and \(large) experts, \(layers) layer\(layers == 1 ? "" : "s") with \
      experts, \(steps) steps, means over \(count)

      \(transfer.text)
      \(heldOut.text)
      16 GPUs on 8 nodes, 16 redundant experts; a window has 70 % of one domain, the next window of
      the next; +-: half the range over seeds; off: inside that range, or the difference of means

      """
  }

  /// Every measure of every seed.
  var json: String {
    func object(_ statistics: ScalingStatistics) -> JSONValue {
      .object(
        Self.measures.map { ($0.json, .real($0.value(statistics))) } + [
          ("domain_sigmas_ln", .array(statistics.domainSigmas.map { .real($0) }))
        ])
    }
    return JSONValue.object([
      ("domains", .array(domains.map { .text($0) })),
      (
        "seeds",
        .array(
          outcomes.map { outcome in
            .object([
              ("engine_small", object(outcome.small)), ("fitted_small", object(outcome.fitted)),
              ("engine_large", object(outcome.large)),
              ("predicted_large", object(outcome.predicted)),
              ("held_out_sigmas_ln", .array(outcome.heldOutSigmas.map { .real($0) })),
            ])
          })
      ),
    ]).description + "\n"
  }
}
