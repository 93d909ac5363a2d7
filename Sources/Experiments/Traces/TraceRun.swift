// A training run of the engine that traces the routing of its last steps, from scratch or from a
// checkpoint.

import Foundation
import MoEEngine
import Routing
import Text
import Units

/// Records the routing of every step from `firstStep` on.
struct TraceRecorder: RoutingObserver {
  /// The first step to record.
  let firstStep: Int
  private(set) var layers: [String] = []
  private(set) var steps: [RoutingTrace.Step] = []

  init(firstStep: Int) { self.firstStep = firstStep }

  mutating func record(_ batch: RoutedBatch) {
    guard batch.step >= firstStep, let main = batch.layers.first else { return }
    layers = batch.layers.map(\.name)
    steps.append(
      RoutingTrace.Step(
        number: batch.step, tokens: main.tokens,
        domains: stride(from: 0, to: main.domains.count, by: batch.length).map { main.domains[$0] },
        layers: batch.layers.map { layer in
          let sequences = main.tokens.count / batch.length
          return RoutingTrace.Decisions(
            rowsPerSequence: layer.tokens.count / sequences,
            experts: layer.experts.map { UInt16($0) },
            scores: layer.scores.map { UInt8(($0 * 255).rounded()) })
        }))
  }
}

/// Trains a model and records the decisions of its routers.
package struct TraceRun {
  /// What is trained, and which of its steps are traced.
  package struct Plan: Hashable, Sendable {
    /// The preset of the model.
    package var preset: Preset
    /// Training steps.
    package var steps: Int
    /// Final steps whose routing is traced.
    package var tracedSteps: Int
    /// Seed of weights and batches.
    package var seed: UInt64
    /// Load-balancing rule of the experts.
    package var balance: BalanceRule
    /// Precision of linear layers.
    package var precision: LinearPrecision
    /// Folder of a custom corpus, as written; nil for the compiled-in one.
    package var corpusFolder: String?

    package init(
      preset: Preset, steps: Int, tracedSteps: Int, seed: UInt64, balance: BalanceRule,
      precision: LinearPrecision = .fp32, corpusFolder: String?
    ) {
      self.preset = preset
      self.steps = steps
      self.tracedSteps = tracedSteps
      self.seed = seed
      self.balance = balance
      self.precision = precision
      self.corpusFolder = corpusFolder
    }

    /// The plan that resumes a checkpoint for `tracedSteps` steps and traces them all.
    package init(from checkpoint: CheckpointSummary, tracedSteps: Int, corpusFolder: String?) {
      let settings = checkpoint.settings
      self.init(
        preset: checkpoint.preset, steps: checkpoint.step + tracedSteps, tracedSteps: tracedSteps,
        seed: settings.seed, balance: settings.balance, precision: settings.precision,
        corpusFolder: corpusFolder)
    }

    /// The command that reproduces the trace from scratch.
    package var command: String {
      "dsv3sim moe trace --preset \(preset.rawValue) --steps \(steps)"
        + " --traced-steps \(tracedSteps) --seed \(seed) --balance \(balance.rawValue)"
        + (precision == .fp32 ? "" : " --precision \(precision.rawValue)")
        + (corpusFolder.map { " --corpus \($0)" } ?? "")
    }
  }

  private let plan: Plan
  private let corpus: Corpus
  private let trainer: Trainer
  private let programVersion: String

  /// - Parameters:
  ///   - plan: what to train, and the steps to trace.
  ///   - checkpoint: checkpoint to resume; nil to train from scratch.
  ///   - workers: threads; results do not depend on them.
  ///   - programVersion: recorded with the trace.
  /// - Throws: `CorpusProblem` if the folder is not a corpus, `CheckpointProblem` if the checkpoint
  ///   belongs to another run.
  /// - Precondition: 1 <= traced steps <= steps; the checkpoint is not past the first traced step.
  package init(
    _ plan: Plan, from checkpoint: Data? = nil, workers: Workers, programVersion: String
  ) throws {
    precondition((1...plan.steps).contains(plan.tracedSteps), "1 to all steps are traced")
    self.plan = plan
    self.programVersion = programVersion
    if let folder = plan.corpusFolder {
      corpus = try Corpus(folder: folder, sequenceLength: plan.preset.shape.length)
    } else {
      corpus = .embedded
    }
    trainer = Trainer(
      TrainingSettings(
        preset: plan.preset, seed: plan.seed, balance: plan.balance, precision: plan.precision),
      corpus, workers: workers)
    if let checkpoint { try trainer.resume(from: checkpoint) }
    precondition(
      trainer.step <= plan.steps - plan.tracedSteps, "the checkpoint precedes the traced steps")
  }

  /// Tokens per training step.
  package var tokensPerStep: Int { trainer.settings.shape.tokens }

  /// Trains the model and returns the trace with its hash.
  ///
  /// - Parameter progress: called after every step.
  /// - Throws: `DivergenceRefusal`.
  package func run(progress: (StepReport) -> Void) throws -> (trace: RoutingTrace, hash: String) {
    let trace = try trainer.trace(
      keeping: plan.tracedSteps, of: plan.steps, command: plan.command,
      programVersion: programVersion, progress: progress)
    return (trace, SHA256.hexDigest(trace.identity))
  }
}

extension Trainer {
  /// Trains up to step `steps` and returns the decisions of the last `kept` steps.
  ///
  /// - Parameter command: the command that reproduces the trace.
  /// - Throws: `DivergenceRefusal`.
  /// - Precondition: training has not passed the first of these steps.
  func trace(
    keeping kept: Int, of steps: Int, command: String, programVersion: String,
    progress: (StepReport) -> Void
  ) throws -> RoutingTrace {
    precondition(step <= steps - kept, "the traced steps are still ahead")
    var recorder = TraceRecorder(firstStep: steps - kept)
    while step < steps { progress(try advance(observer: &recorder)) }
    let drafts = acceptance()
    return RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: settings.name, seed: settings.seed, trainedSteps: steps,
        balance: settings.balance.rawValue,
        corpusHash: SHA256.hexDigest(sampler.corpus.identity), programVersion: programVersion,
        command: command, drafts: drafts.drafts, acceptedDrafts: drafts.accepted),
      gate: settings.model.gate, domains: sampler.corpus.domains,
      sequenceLength: settings.shape.length, layers: recorder.layers, steps: recorder.steps)
  }

  /// Drafts of the prediction module on held-out text, and how many of them the model accepts: in
  /// each domain, half a sequence is the prompt of a greedy continuation of the same length.
  private func acceptance() -> (drafts: Int, accepted: Int) {
    guard settings.model.predictionModules > 0 else { return (0, 0) }
    let half = settings.shape.length / 2
    var (drafts, accepted) = (0, 0)
    for domain in sampler.corpus.domains.indices {
      let text = sampler.heldOut(domain: domain, index: 0, of: 1).tokens
      let generation = Generation.continuing(
        Array(text.prefix(half)), by: half, with: transformer, choice: .greedy, drafts: true)
      drafts += generation.drafts
      accepted += generation.accepted
    }
    return (drafts, accepted)
  }
}
