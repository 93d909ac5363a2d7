// Runs of the step machine for nodes of a surface: a step that a node stands for, and its period.
//
// What is approximated: sequences that decode have the mean of their contexts; prompts are s equal
// ones, where s follows from their tokens, their pairs and their cached tokens, and need not be
// whole. Both keep the sums that attention depends on, pairs and tokens read. Experts and exchanges
// are those of UnitLoad. A step in microbatches divides prompts by tokens, at the mean number of
// pairs, and sequences that decode by number.

import Cluster
import Execution
import ModelCost
import Units

/// The steps of a deployment.
struct SurfaceMachine: Sendable {
  let base: InferenceSpec
  let model: ModelSpec
  let cluster: ClusterSpec
  private let balance: ExpertBalance
  private let timer: KernelTimer
  /// The model with few of its equal layers, and how many are left out; nil if none can be.
  private let short: (model: ModelSpec, omitted: Int)?
  /// What other surfaces of the deployment have asked for.
  private let shared: SharedSurface

  /// A step in the numbers of a node.
  struct Step: Hashable, Sendable {
    var prefillTokens = 0
    /// Mean tokens that each prompt token attends to.
    var meanKeys = 0.0
    var prefillContext = 0
    var decodes = 0
    /// Mean cached tokens of a sequence that decodes.
    var context = 0
    var microbatches = 1
    /// Mean tokens of a group of the unit / own tokens, and the imbalance of experts.
    var groupShare = 1.0
    var imbalance = 1.0
  }

  init(
    _ base: InferenceSpec, _ model: ModelSpec, _ cluster: ClusterSpec,
    sharing shared: SharedSurface = SharedSurface()
  ) {
    self.shared = shared
    self.base = base
    self.model = model
    self.cluster = cluster
    let costs = shared.costs(of: base, model: model, cluster: cluster)
    balance = costs.balance.even
    var timer = costs.timer
    timer.knownSpreads = shared.spreads
    timer.knownTimes = KernelMemory()
    self.timer = timer
    short = base.layout.pipeline == 1 ? Self.shortened(model) : nil
  }

  /// The spec of a step.
  func spec(_ step: Step) -> InferenceSpec {
    var spec = base
    spec.microbatches = step.microbatches
    spec.fidelity = .folded
    spec.cachedPrefix = 0
    let decodes = DecodeRows(
      sequences: step.decodes, queries: 1 + drafts, context: step.context)
    if step.prefillTokens == 0 {
      spec.phase = .decode
      (spec.batch, spec.context) = (step.decodes, step.context)
    } else {
      spec.phase = .prefill
      let prompts = prompts(step)
      (spec.context, spec.cachedPrefix) = (prompts.length, prompts.cached)
      (spec.batch, spec.promptTokens) = (prompts.sequences, prompts.tokens)
      spec.decoding = step.decodes > 0 ? decodes : nil
    }
    if spec.phase != base.phase { spec.communicationSMs = spec.phase.usualCommunicationSMs }
    let own = step.prefillTokens + decodes.tokens
    spec.unit = UnitLoad(tokens: Double(own) * step.groupShare, maxOverMean: step.imbalance)
    return spec
  }

  /// Drafts of each sequence.
  var drafts: Int { base.mtpAcceptance == nil ? 0 : base.draftLength }

  /// Equal prompts with the step's tokens, pairs and cached tokens.
  private func prompts(_ step: Step) -> PromptRows {
    let (tokens, cached) = (Double(step.prefillTokens), Double(step.prefillContext))
    // Of s prompts each token attends to (cached + tokens / 2) / s + 1 / 2 tokens.
    let count = max((cached + tokens / 2) / max(0.5, step.meanKeys - 0.5), 1 / tokens)
    let length = max(1, Int((tokens / count).rounded()))
    return PromptRows(
      tokens: step.prefillTokens, length: length, cached: Int((cached / count).rounded()))
  }

  /// The time from one step of a batch to its next; in a pipeline, in which other batches are
  /// between, as `InferenceStep`'s metrics define it.
  func period(_ step: Step) -> SimDuration {
    shared.period(step) { simulatedPeriod(step) }
  }

  private func simulatedPeriod(_ step: Step) -> SimDuration {
    let spec = spec(step)
    if let short {
      let costs = costs(spec, short.model)
      let run = SimulatedStep(costs)
      let count = Self.fewLayers + (model.expertLayers > 0 ? spec.draftCount : 0)
      if let gap = run.steadyGap(ofLast: count, steady: Self.fewLayers) {
        return run.makespan + gap * short.omitted
      }
    }
    return wholePeriod(step)
  }

  /// The same from a run of all layers.
  func wholePeriod(_ step: Step) -> SimDuration {
    SimulatedStep(costs(spec(step), model)).period
  }

  private func costs(_ spec: InferenceSpec, _ model: ModelSpec) -> InferenceCosts {
    var spec = spec
    spec.layout.partition = model.layers == self.model.layers ? spec.layout.partition : nil
    return InferenceCosts(
      spec: spec, model: model, cluster: cluster, balance: balance, timer: timer)
  }

  /// Equal layers at the end of a shortened model.
  private static let fewLayers = 8

  /// The model without most of the equal layers at its end.
  private static func shortened(_ model: ModelSpec) -> (model: ModelSpec, omitted: Int)? {
    let equal = model.layerKinds.reversed().prefix { $0 == model.mtpLayerKind }.count
    guard equal > 2 * fewLayers else { return nil }
    var result = model
    result.layers -= equal - fewLayers
    guard result.layerKinds == Array(model.layerKinds.prefix(result.layers)) else { return nil }
    return (result, equal - fewLayers)
  }
}

extension SimulatedStep {
  /// The time from each layer to the next once that no longer changes; nil if it still does.
  ///
  /// - Parameters:
  ///   - count: layers at the end, those of drafts included.
  ///   - steady: the first of them, which are equal.
  fileprivate func steadyGap(ofLast count: Int, steady: Int) -> SimDuration? {
    let hasExperts = program.labels.contains { $0.kind == .experts }
    let starts = program.labels.indices.filter {
      let label = program.labels[$0]
      return label.microbatch == 0
        && (hasExperts ? label.kind == .experts : label.collective == .denseSum)
    }.suffix(count).prefix(steady).map { times.start(OperationID($0)) }
    guard starts.count == steady else { return nil }
    let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }.suffix(3)
    guard let least = gaps.min(), let most = gaps.max() else { return nil }
    // Instants are whole picoseconds.
    return most - least <= SimDuration(picoseconds: 2) ? gaps.last : nil
  }
}
