// A training run of the engine that keeps what its routers decide in the last steps; from its
// beginning, or from a checkpoint.

import Foundation
import MoEEngine
import Routing
import Text

/// Takes the routing of every step and keeps the wanted ones.
struct TraceRecorder: RoutingObserver {
  /// The first step that is kept.
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

/// Trains a model and keeps the decisions of its routers.
public struct TraceRun {
  /// What is trained, and what of it is kept.
  public struct Plan: Hashable, Sendable {
    /// The preset of the model.
    public var preset: Preset
    /// Steps of training.
    public var steps: Int
    /// Steps at the end that are kept.
    public var tracedSteps: Int
    /// Seed of weights and batches.
    public var seed: UInt64
    /// What keeps the experts balanced.
    public var balance: BalanceRule
    /// Precision of linear layers.
    public var precision: Precision
    /// The folder of one's own corpus, as written; nil for the one that is compiled in.
    public var corpusFolder: String?

    public init(
      preset: Preset, steps: Int, tracedSteps: Int, seed: UInt64, balance: BalanceRule,
      precision: Precision = .fp32, corpusFolder: String?
    ) {
      self.preset = preset
      self.steps = steps
      self.tracedSteps = tracedSteps
      self.seed = seed
      self.balance = balance
      self.precision = precision
      self.corpusFolder = corpusFolder
    }

    /// The plan that goes on from a checkpoint for `tracedSteps` steps and keeps these.
    public init(from checkpoint: CheckpointSummary, tracedSteps: Int, corpusFolder: String?) {
      let settings = checkpoint.settings
      self.init(
        preset: checkpoint.preset, steps: checkpoint.step + tracedSteps, tracedSteps: tracedSteps,
        seed: settings.seed, balance: settings.balance, precision: settings.precision,
        corpusFolder: corpusFolder)
    }

    /// The command that makes the trace again, without a checkpoint.
    public var command: String {
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
  ///   - checkpoint: where the run goes on from; nil for its beginning.
  ///   - workers: who computes; the result does not depend on it.
  ///   - programVersion: recorded with the trace.
  /// - Throws: `CorpusProblem` for a folder that is no corpus, `CheckpointProblem` for a checkpoint
  ///   of another run.
  /// - Precondition: 1 <= traced steps <= steps; the checkpoint has no more steps than come before
  ///   the traced ones.
  public init(
    _ plan: Plan, from checkpoint: Data? = nil, workers: Workers, programVersion: String
  ) throws {
    precondition((1...plan.steps).contains(plan.tracedSteps), "some of the steps are kept")
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
      trainer.step <= plan.steps - plan.tracedSteps, "the kept steps come behind the checkpoint")
  }

  /// Tokens of a step of training.
  public var tokensPerStep: Int { trainer.settings.shape.tokens }

  /// Trains, and gives the trace with its hash.
  ///
  /// - Parameter progress: is told of every step.
  /// - Throws: `DivergenceRefusal`.
  public func run(progress: (StepReport) -> Void) throws -> (trace: RoutingTrace, hash: String) {
    let trace = try trainer.trace(
      keeping: plan.tracedSteps, of: plan.steps, command: plan.command,
      programVersion: programVersion, progress: progress)
    return (trace, SHA256.hexDigest(trace.identity))
  }
}

extension Trainer {
  /// Trains up to `steps` steps, and gives the decisions of the last `kept` of them.
  ///
  /// - Parameter command: what makes the trace again.
  /// - Throws: `DivergenceRefusal`.
  /// - Precondition: the kept steps are still to be taken.
  func trace(
    keeping kept: Int, of steps: Int, command: String, programVersion: String,
    progress: (StepReport) -> Void
  ) throws -> RoutingTrace {
    precondition(step <= steps - kept, "the kept steps are still to be taken")
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

  /// Drafts of the prediction module on held-out text: a prompt of half a sequence in each domain,
  /// continued by as much, greedily.
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
