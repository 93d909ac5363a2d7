// A training run: batches by seed and step, one optimizer step each, and what is measured on text
// that was held out. The same seed and settings give the same bits, for any number of workers.

import Text

/// What a training run is, beside its text.
public struct TrainingSettings: Hashable, Sendable {
  /// What the sizes are called.
  public var name: String
  /// Sizes of the model.
  public var model: ModelConfiguration
  /// Sequences of a step, and their length.
  public var shape: BatchShape
  /// Of the weights and of the batches.
  public var seed: UInt64
  /// What keeps the experts balanced.
  public var balance: BalanceRule

  /// Precision of linear layers.
  public var precision: Precision

  /// A run of a preset.
  public init(
    preset: Preset = .tiny, seed: UInt64 = 1, balance: BalanceRule = .lossFree,
    precision: Precision = .fp32
  ) {
    self.precision = precision
    name = preset.rawValue
    model = preset.model
    shape = preset.shape
    self.seed = seed
    self.balance = balance
  }

  /// Step size of AdamW after the warm-up: ten times that of DeepSeek-V3 (2.2e-4), for models that
  /// are ten thousand times smaller.
  static let assumedLearningRate = 2e-3
  /// Steps over which the step size grows.
  static let assumedWarmUpSteps = 20
  /// Step of the selection biases at first. The published 0.001 is for hundreds of thousands of
  /// steps; in a few hundred it could not move a bias far enough to matter.
  static let assumedBiasStep = 0.02
  /// Steps after which the biases' step falls as 1 / step, down to the published 0.001.
  static let assumedBiasSteps = 100
  /// Weight of the loss of the auxiliary rule; arXiv 2408.15664 compares with 0.001 in long runs.
  static let assumedAuxiliaryWeight = 0.01

  /// The loss that the rule adds: beside the bias a sequence-wise one of weight 1e-4 (DeepSeek-V3
  /// report, section 4.2), or the batch-wise one alone.
  var balanceLoss: BalanceLoss {
    switch balance {
    case .lossFree: BalanceLoss(weight: 1e-4)
    case .auxiliary: BalanceLoss(weight: Self.assumedAuxiliaryWeight, scope: .batch)
    case .none: BalanceLoss(weight: 0)
    }
  }

  /// The step of the selection biases after training step `step`, from 0.
  func biasStep(_ step: Int) -> Double {
    guard balance == .lossFree else { return 0 }
    return max(0.001, Self.assumedBiasStep / max(1, Double(step) / Double(Self.assumedBiasSteps)))
  }

  /// Multiplies the learning rate in step `step`, from 0.
  func rateScale(_ step: Int) -> Double {
    min(1, Double(step + 1) / Double(Self.assumedWarmUpSteps))
  }
}

/// What a step gave.
public struct StepReport: Equatable, Sendable {
  /// The step, from 0.
  public var step: Int
  /// Losses on its batch, before the weights moved.
  public var losses: BatchLosses
  /// Norm of the gradients before clipping.
  public var gradientNorm: Double
  /// Balance violation, the mean over the main model's routers.
  public var maximalViolation: Double
}

/// A training run whose loss or gradients are not finite any more.
public struct DivergenceRefusal: ExplainedError, Equatable {
  /// The step, from 0, that was not taken or is of no use.
  public var step: Int
  /// What is not finite.
  public var what: String

  public var explanations: [Explanation] {
    [Explanation("training diverged: \(what) of step \(step + 1) is not finite")]
  }
  public var exitStatus: ExitStatus { .brokenInvariant }
}

/// What held-out text gave.
public struct HeldOutReport: Equatable, Sendable {
  /// Mean cross-entropy of the next byte in each domain, in nats.
  public var losses: [Double]
  /// Balance violation of each router of the main model over all held-out batches together.
  public var maximalViolations: [Double]

  /// The mean over domains.
  public var meanLoss: Double { losses.reduce(0, +) / Double(losses.count) }
  /// The mean over routers.
  public var meanViolation: Double {
    maximalViolations.reduce(0, +) / Double(max(maximalViolations.count, 1))
  }
}

/// A training run.
public final class Trainer {
  /// What the run is.
  public let settings: TrainingSettings
  /// The model as trained so far.
  public let transformer: Transformer
  /// Where batches come from.
  public let sampler: BatchSampler
  /// Steps taken.
  public internal(set) var step = 0
  let optimizer: AdamW
  private let pass: BatchPass
  /// Held-out batches of each domain.
  private static let heldOutBatches = 2

  /// A run at its beginning.
  ///
  /// - Precondition: the corpus has text enough for its sequences.
  public init(_ settings: TrainingSettings, _ corpus: Corpus, workers: Workers = .one) {
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

  /// Takes one step.
  ///
  /// - Throws: `DivergenceRefusal`; the run has no further use then.
  public func advance() throws(DivergenceRefusal) -> StepReport {
    let batch = sampler.batch(step: step)
    pass.forward(batch.tokens)
    return try finish()
  }

  /// Takes one step and tells the observer how its tokens were routed.
  ///
  /// - Throws: what the observer throws, and the step is not taken; `DivergenceRefusal`.
  public func advance(observer: inout some RoutingObserver) throws -> StepReport {
    let batch = sampler.batch(step: step)
    pass.forward(batch.tokens)
    try observer.record(pass.routing(batch, step: step))
    return try finish()
  }

  private func finish() throws(DivergenceRefusal) -> StepReport {
    let losses = pass.losses()
    guard losses.total.isFinite else { throw DivergenceRefusal(step: step, what: "the loss") }
    pass.backward()
    let norm = optimizer.step(
      transformer.parameters, pass.gradients, rateScale: settings.rateScale(step))
    guard norm.isFinite else { throw DivergenceRefusal(step: step, what: "a gradient") }
    pass.moveBiases(by: settings.biasStep(step))
    let violations = pass.maximalViolations.prefix(transformer.configuration.expertLayers)
    step += 1
    return StepReport(
      step: step - 1, losses: losses, gradientNorm: norm,
      maximalViolation: violations.reduce(0, +) / Double(max(violations.count, 1)))
  }

  /// Losses and balance on held-out text.
  public func evaluate() -> HeldOutReport {
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
