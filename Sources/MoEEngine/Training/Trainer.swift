// Training: one optimizer step per batch, and evaluation on held-out text. The same settings give
// the same bits with any number of workers.

import Text
import Units

/// The settings of a training run, except its text.
package struct TrainingSettings: Hashable, Sendable {
  /// The name of the preset.
  package var name: String
  package var model: ModelConfiguration
  /// The batch of a step.
  package var shape: BatchShape
  /// The seed of weights and batches.
  package var seed: UInt64
  package var balance: BalanceRule
  package var precision: LinearPrecision

  /// The settings of a preset.
  package init(
    preset: Preset = .tiny, seed: UInt64 = 1, balance: BalanceRule = .lossFree,
    precision: LinearPrecision = .fp32
  ) {
    self.precision = precision
    name = preset.rawValue
    model = preset.model
    shape = preset.shape
    self.seed = seed
    self.balance = balance
  }

  /// The learning rate after warm-up: ten times DeepSeek-V3's 2.2e-4, because the models are ten
  /// thousand times smaller.
  static let assumedLearningRate = 2e-3
  /// The steps of the linear learning-rate warm-up.
  static let assumedWarmUpSteps = 20
  /// The initial step of the selection biases. The published 0.001 is for hundreds of thousands of
  /// training steps; in a few hundred it would hardly change the routing.
  static let assumedBiasStep = 0.02
  /// The training steps after which the bias step decays as 1 / step, down to the published 0.001.
  static let assumedBiasSteps = 100
  /// The weight of the batch-wise auxiliary loss; arXiv 2408.15664 uses 0.001 in long runs.
  static let assumedAuxiliaryWeight = 0.01

  /// The auxiliary loss of the balance rule. Loss-free balancing adds a sequence-wise loss with a
  /// weight of 1e-4 (DeepSeek-V3 report, section 4.2).
  var balanceLoss: BalanceLoss {
    switch balance {
    case .lossFree: BalanceLoss(weight: 1e-4)
    case .auxiliary: BalanceLoss(weight: Self.assumedAuxiliaryWeight, scope: .batch)
    case .none: BalanceLoss(weight: 0)
    }
  }

  /// The change of the selection biases after training step `step`, from 0.
  func biasStep(_ step: Int) -> Double {
    guard balance == .lossFree else { return 0 }
    return max(0.001, Self.assumedBiasStep / max(1, Double(step) / Double(Self.assumedBiasSteps)))
  }

  /// The factor of the learning rate in training step `step`, from 0.
  func rateScale(_ step: Int) -> Double {
    min(1, Double(step + 1) / Double(Self.assumedWarmUpSteps))
  }
}

/// The results of a training step.
package struct StepReport: Equatable, Sendable {
  /// The step, from 0.
  package var step: Int
  /// The losses of the batch, before the optimizer step.
  package var losses: BatchLosses
  /// The global gradient norm before clipping.
  package var gradientNorm: Double
  /// The maximal violation, averaged over the routers of the main model.
  package var maximalViolation: Double
}

/// The refusal to continue a training run whose loss or gradient is no longer finite.
package struct DivergenceRefusal: ExplainedError, Equatable {
  /// The step, from 0.
  package var step: Int
  /// The quantity that is not finite.
  package var quantity: String

  package var explanations: [Explanation] {
    [Explanation("training diverged: \(quantity) of step \(step + 1) is not finite")]
  }
  package var exitStatus: ExitStatus { .brokenInvariant }
}

/// The results on held-out text.
package struct HeldOutReport: Equatable, Sendable {
  /// Mean cross-entropy of the next byte in each domain, in nats.
  package var losses: [Double]
  /// The maximal violation of each router of the main model, over all held-out batches together.
  package var maximalViolations: [Double]

  /// The mean over domains.
  package var meanLoss: Double { losses.reduce(0, +) / Double(losses.count) }
  /// The mean over routers.
  package var meanViolation: Double {
    maximalViolations.reduce(0, +) / Double(max(maximalViolations.count, 1))
  }
}

/// A training run.
package final class Trainer {
  package let settings: TrainingSettings
  /// The model in its current state.
  package let transformer: Transformer
  /// The source of batches.
  package let sampler: BatchSampler
  /// Steps taken.
  package internal(set) var step = 0
  let optimizer: AdamW
  private let pass: BatchPass
  /// Held-out batches per domain.
  private static let heldOutBatches = 2

  /// A run before its first step.
  ///
  /// - Precondition: the corpus has enough text for the sequence length.
  package init(_ settings: TrainingSettings, _ corpus: Corpus, workers: Workers = .one) {
    self.settings = settings
    transformer = Transformer(settings.model, seed: settings.seed)
    sampler = BatchSampler(corpus, settings.shape, seed: settings.seed)
    optimizer = AdamW(
      transformer.layout,
      AdamWSettings(learningRate: TrainingSettings.assumedLearningRate), workers: workers)
    var pass = PassSettings()
    pass.workers = workers
    pass.balance = settings.balanceLoss
    pass.precision = settings.precision
    self.pass = BatchPass(transformer, settings.shape, pass)
  }

  /// Takes one training step.
  ///
  /// - Throws: `DivergenceRefusal`; the trainer must not be used afterwards.
  package func advance() throws(DivergenceRefusal) -> StepReport {
    let batch = sampler.batch(step: step)
    pass.forward(batch.tokens)
    return try finish()
  }

  /// Takes one training step and passes its routing to the observer.
  ///
  /// - Throws: `DivergenceRefusal`; an error of the observer, in which case the step is not taken.
  package func advance(observer: inout some RoutingObserver) throws -> StepReport {
    let batch = sampler.batch(step: step)
    pass.forward(batch.tokens)
    try observer.record(pass.routing(batch, step: step))
    return try finish()
  }

  private func finish() throws(DivergenceRefusal) -> StepReport {
    let losses = pass.losses()
    guard losses.total.isFinite else { throw DivergenceRefusal(step: step, quantity: "the loss") }
    pass.backward()
    let norm = optimizer.step(
      transformer.parameters, pass.gradients, rateScale: settings.rateScale(step))
    guard norm.isFinite else { throw DivergenceRefusal(step: step, quantity: "a gradient") }
    pass.updateBiases(step: settings.biasStep(step))
    let violations = pass.maximalViolations.prefix(transformer.configuration.expertLayers)
    step += 1
    return StepReport(
      step: step - 1, losses: losses, gradientNorm: norm,
      maximalViolation: violations.reduce(0, +) / Double(max(violations.count, 1)))
  }

  /// Computes losses and balance on held-out text.
  package func evaluate() -> HeldOutReport {
    let model = transformer.configuration
    var loads = Array(
      repeating: Array(repeating: 0, count: model.gate.experts), count: model.expertLayers)
    let losses = sampler.corpus.domains.indices.map { domain in
      var sum = 0.0
      for index in 0..<Self.heldOutBatches {
        let batch = sampler.heldOut(domain: domain, index: index, of: Self.heldOutBatches)
        pass.forward(batch.tokens)
        sum += pass.losses().main
        for router in loads.indices {
          for (expert, load) in pass.routers[router].loads.enumerated() {
            loads[router][expert] += load
          }
        }
      }
      return sum / Double(Self.heldOutBatches)
    }
    return HeldOutReport(losses: losses, maximalViolations: loads.map(maximalViolation))
  }
}
