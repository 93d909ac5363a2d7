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
  let balance: ExpertBalance

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

  init(_ base: InferenceSpec, _ model: ModelSpec, _ cluster: ClusterSpec) {
    self.base = base
    self.model = model
    self.cluster = cluster
    balance = InferenceCosts(spec: base, model: model, cluster: cluster).balance.even
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
    let spec = spec(step)
    let costs = InferenceCosts(spec: spec, model: model, cluster: cluster, balance: balance)
    return SimulatedStep(costs).period
  }
}
