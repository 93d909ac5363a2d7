// Does a scaled-up trace resemble the trace of a larger model? Two engines with different numbers
// of experts are trained. Synthetic layers fitted to the smaller one predict the larger one. Then
// each domain in turn is held out of the fit and predicted.

import MoEEngine
import Routing
import Units

/// Validation of trace scaling against trained models.
package struct ScalingValidation: Sendable {
  /// Sizes of the training runs.
  package struct Plan: Hashable, Sendable {
    /// Layers with experts.
    package var layers: Int
    /// Sequences per step.
    package var sequences: Int
    /// Tokens per sequence.
    package var length: Int
    /// Training steps.
    package var steps: Int
    /// Final steps whose routing is traced.
    package var tracedSteps: Int

    package init(
      layers: Int, sequences: Int, length: Int = Preset.v3Router.shape.length, steps: Int,
      tracedSteps: Int
    ) {
      self.layers = layers
      self.length = length
      self.sequences = sequences
      self.steps = steps
      self.tracedSteps = tracedSteps
    }
  }

  /// Results of one seed.
  package struct Outcome: Hashable, Sendable {
    /// The trace of the small engine.
    package var small: ScalingStatistics
    /// The trace of the large engine.
    package var large: ScalingStatistics
    /// Synthetic layers fitted to the small engine, at its size.
    package var fitted: ScalingStatistics
    /// The same at the large engine's size.
    package var predicted: ScalingStatistics
    /// Sigma of ln load of each domain at the small size, from strengths fitted without it.
    package var heldOutSigmas: [Double]
  }

  /// Numbers of experts of the two engines.
  package static let experts = (small: 32, large: 64)

  private let plan: Plan
  private let corpus: Corpus
  private let workers: Workers

  /// - Precondition: the corpus has at least two domains, and enough text for the sequences.
  package init(_ plan: Plan, _ corpus: Corpus, workers: Workers) {
    precondition((1...plan.steps).contains(plan.tracedSteps), "1 to all steps are traced")
    precondition(corpus.domains.count > 1, "a domain remains when one is held out")
    self.plan = plan
    self.corpus = corpus
    self.workers = workers
  }

  /// The v3-router preset with fewer experts: eight groups, top-4.
  private func settings(experts: Int, seed: UInt64) -> TrainingSettings {
    var settings = TrainingSettings(preset: .v3Router, seed: seed)
    settings.name = "\(experts) experts"
    settings.model.gate = Gate(experts: experts, groups: 8, groupLimit: 4, topK: 4)
    settings.model.layers = settings.model.denseLayers + plan.layers
    settings.shape = BatchShape(sequences: plan.sequences, length: plan.length)
    return settings
  }

  private func trace(
    experts: Int, seed: UInt64, _ progress: (StepReport) -> Void
  ) throws -> RoutingTrace {
    try Trainer(settings(experts: experts, seed: seed), corpus, workers: workers).trace(
      keeping: plan.tracedSteps, of: plan.steps, command: "", programVersion: "",
      progress: progress)
  }

  private func scaling(_ trace: RoutingTrace, seed: UInt64) -> TraceScaling {
    TraceScaling(
      trace, sequences: plan.sequences * plan.tracedSteps, nodeCount: 8, gpuCount: 16, seed: seed)
  }

  /// Trains, fits and predicts under one seed.
  ///
  /// - Parameters:
  ///   - seed: of weights, batches and synthetic layers.
  ///   - progress: called after every step of both engines.
  ///   - fitting: called before each fit with the domain that it holds out.
  /// - Throws: `DivergenceRefusal`.
  package func run(
    seed: UInt64, progress: (_ experts: Int, StepReport) -> Void,
    fitting: (_ leavingOut: String?) -> Void
  ) throws -> Outcome {
    let (small, large) = Self.experts
    let smallTrace = try trace(experts: small, seed: seed) { progress(small, $0) }
    let largeTrace = try trace(experts: large, seed: seed) { progress(large, $0) }
    fitting(nil)
    let scaling = scaling(smallTrace, seed: seed)
    let strengths = scaling.fits(level: nil).map(\.strengths)
    let heldOut = corpus.domains.indices.map { domain -> Double in
      fitting(corpus.domains[domain])
      let others = self.scaling(smallTrace.without(domain: domain), seed: seed)
      let synthetic = scaling.synthetic(
        others.fits(level: nil).map(\.strengths), gate: smallTrace.gate)
      return ScalingStatistics(synthetic).domainSigmas[domain]
    }
    return Outcome(
      small: ScalingStatistics(smallTrace), large: ScalingStatistics(largeTrace),
      fitted: ScalingStatistics(scaling.synthetic(strengths, gate: smallTrace.gate)),
      predicted: ScalingStatistics(scaling.synthetic(strengths, gate: largeTrace.gate)),
      heldOutSigmas: heldOut)
  }
}
