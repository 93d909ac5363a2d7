// Trains the engine in several variants on the same text, seeds and steps, to measure the costs and
// benefits of load balancing and the cost of low precision.

import MoEEngine
import Recording
import Units

/// A variant of training.
package struct EngineVariant: Hashable, Sendable {
  /// Load-balancing rule of the experts.
  package var balance: BalanceRule
  /// Precision of linear layers.
  package var precision: LinearPrecision

  /// Balancing rules in Float32, then precisions under loss-free balancing.
  package static let all =
    [BalanceRule.none, .auxiliary, .lossFree].map {
      EngineVariant(balance: $0, precision: .fp32)
    }
    + [LinearPrecision.bf16, .fp8, .fp8PerTensor].map {
      EngineVariant(balance: .lossFree, precision: $0)
    }

  /// The reference for low precision (DeepSeek-V3 report, section 3.3).
  static let baseline = EngineVariant(balance: .lossFree, precision: .bf16)
}

/// One training run.
package struct EngineTrial: Equatable, Sendable {
  package var variant: EngineVariant
  /// Seed of weights and batches.
  package var seed: UInt64
  /// Next-byte loss of every step, on its own batch.
  package var losses: [Double]
  /// Evaluation on held-out text before the first step.
  package var before: HeldOutReport
  /// Evaluation on held-out text after the last step.
  package var after: HeldOutReport
}

/// Results of a variant over all seeds.
package struct EngineComparisonRow: Equatable, Sendable {
  package var variant: EngineVariant
  /// Mean held-out loss over domains, in nats per byte.
  package var heldOutLoss: SeedSpread
  /// Held-out balance violation, the mean over routers.
  package var maximalViolation: SeedSpread
  /// Relative difference in training loss from the bfloat16 run with the same seed.
  package var lossError: SeedSpread
}

/// Trains the engine in different variants.
package struct EngineComparison: Sendable {
  private let settings: TrainingSettings
  private let corpus: Corpus
  private let workers: Workers

  /// - Parameters:
  ///   - settings: model and batch sizes; trials set seed, balance and precision.
  ///   - corpus: text to train on, and its held-out part to evaluate on.
  ///   - workers: threads; results do not depend on them.
  package init(_ settings: TrainingSettings, _ corpus: Corpus, workers: Workers) {
    self.settings = settings
    self.corpus = corpus
    self.workers = workers
  }

  /// Runs one trial.
  ///
  /// - Parameters:
  ///   - variant: balancing rule and precision.
  ///   - seed: of weights and batches.
  ///   - steps: number of training steps.
  ///   - progress: called after every step.
  /// - Throws: `DivergenceRefusal`.
  package func run(
    _ variant: EngineVariant, seed: UInt64, steps: Int, progress: (StepReport) -> Void
  ) throws(DivergenceRefusal) -> EngineTrial {
    var settings = settings
    settings.seed = seed
    settings.balance = variant.balance
    settings.precision = variant.precision
    let trainer = Trainer(settings, corpus, workers: workers)
    let before = trainer.evaluate()
    var losses: [Double] = []
    for _ in 0..<steps {
      let report = try trainer.advance()
      progress(report)
      losses.append(report.losses.main)
    }
    return EngineTrial(
      variant: variant, seed: seed, losses: losses, before: before, after: trainer.evaluate())
  }

  /// One row per variant of the trials, in the order of `EngineVariant.all`.
  ///
  /// - Precondition: every seed has a trial of the baseline.
  package static func rows(_ trials: [EngineTrial]) -> [EngineComparisonRow] {
    EngineVariant.all.compactMap { variant in
      let own = trials.filter { $0.variant == variant }
      guard !own.isEmpty else { return nil }
      let errors = own.map { trial -> Double in
        let baseline = trials.first { $0.variant == .baseline && $0.seed == trial.seed }
        guard let baseline else { preconditionFailure("seed \(trial.seed) has no baseline") }
        return lossError(trial.losses, against: baseline.losses)
      }
      return EngineComparisonRow(
        variant: variant, heldOutLoss: SeedSpread(own.map(\.after.meanLoss)),
        maximalViolation: SeedSpread(own.map(\.after.meanViolation)),
        lossError: SeedSpread(errors))
    }
  }

  /// Mean of |a - b| / b over the second half of the steps. As usual for loss curves, both losses
  /// are smoothed exponentially, with weight 0.1 on the newest.
  static func lossError(_ losses: [Double], against baseline: [Double]) -> Double {
    func smoothed(_ losses: [Double]) -> [Double] {
      var average = losses.first ?? 0
      return losses.map {
        average = 0.9 * average + 0.1 * $0
        return average
      }
    }
    let pairs = Array(zip(smoothed(losses), smoothed(baseline)).dropFirst(losses.count / 2))
    var sum = 0.0
    for (loss, reference) in pairs { sum += abs(loss - reference) / reference }
    return sum / Double(max(pairs.count, 1))
  }
}
