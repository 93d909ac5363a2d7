// A training run of the engine that keeps what its routers decide in the last steps.

import MoEEngine
import Routing
import Schedules

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
    /// The folder of one's own corpus, as written; nil for the one that is compiled in.
    public var corpusFolder: String?

    public init(
      preset: Preset, steps: Int, tracedSteps: Int, seed: UInt64, balance: BalanceRule,
      corpusFolder: String?
    ) {
      self.preset = preset
      self.steps = steps
      self.tracedSteps = tracedSteps
      self.seed = seed
      self.balance = balance
      self.corpusFolder = corpusFolder
    }

    /// The command that makes the trace again.
    public var command: String {
      "dsv3sim moe trace --preset \(preset.rawValue) --steps \(steps)"
        + " --traced-steps \(tracedSteps) --seed \(seed) --balance \(balance.rawValue)"
        + (corpusFolder.map { " --corpus \($0)" } ?? "")
    }
  }

  private let plan: Plan
  private let corpus: Corpus
  private let workers: Workers
  private let programVersion: String

  /// - Parameters:
  ///   - workers: who computes; the result does not depend on it.
  ///   - programVersion: recorded with the trace.
  /// - Throws: `CorpusProblem` for a folder that is no corpus.
  /// - Precondition: 1 <= traced steps <= steps.
  public init(_ plan: Plan, workers: Workers, programVersion: String) throws(CorpusProblem) {
    precondition((1...plan.steps).contains(plan.tracedSteps), "some of the steps are kept")
    self.plan = plan
    self.workers = workers
    self.programVersion = programVersion
    if let folder = plan.corpusFolder {
      corpus = try Corpus(folder: folder, sequenceLength: plan.preset.shape.length)
    } else {
      corpus = .embedded
    }
  }

  /// Trains, and gives the trace with its hash.
  ///
  /// - Parameter progress: is told of every step.
  public func run(progress: (StepReport) -> Void) -> (trace: RoutingTrace, hash: String) {
    let settings = TrainingSettings(preset: plan.preset, seed: plan.seed, balance: plan.balance)
    let trainer = Trainer(settings, corpus, workers: workers)
    var recorder = TraceRecorder(firstStep: plan.steps - plan.tracedSteps)
    for _ in 0..<plan.steps {
      do {
        progress(try trainer.advance(observer: &recorder))
      } catch {
        preconditionFailure("the recorder throws nothing: \(error)")
      }
    }
    let drafts = acceptance(of: trainer)
    let trace = RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: plan.preset.rawValue, seed: plan.seed, trainedSteps: plan.steps,
        balance: plan.balance.rawValue, corpusHash: SHA256.hexDigest(corpus.identity),
        programVersion: programVersion, command: plan.command, drafts: drafts.drafts,
        acceptedDrafts: drafts.accepted),
      gate: settings.model.gate, domains: corpus.domains,
      sequenceLength: settings.shape.length, layers: recorder.layers, steps: recorder.steps)
    return (trace, SHA256.hexDigest(trace.identity))
  }

  /// Drafts of the prediction module on held-out text: a prompt of half a sequence in each domain,
  /// continued by as much, greedily.
  private func acceptance(of trainer: Trainer) -> (drafts: Int, accepted: Int) {
    guard trainer.settings.model.predictionModules > 0 else { return (0, 0) }
    let half = trainer.settings.shape.length / 2
    var (drafts, accepted) = (0, 0)
    for domain in corpus.domains.indices {
      let text = trainer.sampler.heldOut(domain: domain, index: 0, of: 1).tokens
      let generation = Generation.continuing(
        Array(text.prefix(half)), by: half, with: trainer.transformer, choice: .greedy,
        drafts: true)
      drafts += generation.drafts
      accepted += generation.accepted
    }
    return (drafts, accepted)
  }
}
