// The parameters of one inference step. Valid by construction once `problems` is empty.

import Execution
import KernelTimes
import ModelCost
import Routing

/// A prefill or decode step on GPUs that share layers, tensors, experts and sequences as a layout
/// says.
package struct InferenceSpec: Hashable, Sendable {
  /// The computation of a step.
  package enum Phase: String, CaseIterable, Hashable, Sendable {
    /// Whole prompts, or their remainder after a cached prefix.
    case prefill
    /// One token per sequence, or one token and a draft.
    case decode

    /// Multiprocessors that DeepSeek's exchanges hold: fact inf.overlap_sms.
    package var usualCommunicationSMs: Int {
      switch self {
      case .prefill: 24
      case .decode: 0
      }
    }
  }

  package var phase: Phase
  /// Sequences of one attention group that a step computes; each stage of a pipeline has as many.
  package var batch: Int
  /// Prompt tokens to compute (prefill), or cached tokens per sequence (decode).
  package var context: Int
  /// Tokens of each prompt before these that are already cached: a prefix seen earlier, or the
  /// preceding chunks. Each sequence has its own. 0 in decoding.
  package var cachedPrefix: Int
  /// Sequences that decode in the same pass as prompts; nil if none do. Only in prefill, whose
  /// kernels such a step uses.
  package var decoding: DecodeRows?
  /// Tokens of all prompts, of `context` tokens each, if they are not `batch` whole ones.
  package var promptTokens: Int?
  /// The load of experts, if it is not that of the step's own tokens and routing.
  package var unit: UnitLoad?
  /// The GPUs, and what each of them holds.
  package var layout: InferenceLayout
  /// Slots for experts beyond one per expert, over all GPUs.
  package var redundantExperts: Int
  /// Parts of a batch: with 2, communication of one overlaps computation of the other.
  package var microbatches: Int
  /// Format of the KV cache.
  package var kvCache: CacheFormat
  /// Formats of the linear layers' products and their weights.
  package var formats: ProductFormats
  /// Whether GPUs keep a copy of MLA's up-projection of latents in BF16 for decoding.
  package var absorbedCopy = false
  /// How an engine sizes the KV cache.
  package var pool = CachePool.usual
  /// Probability that a drafted token is accepted; nil without drafts.
  package var mtpAcceptance: Double?
  /// Drafts of each sequence, if there are any: the first pass of the MTP module has all tokens of
  /// the step, each later one a token of every sequence.
  package var draftLength = 1
  /// Multiprocessors that dispatch and combine hold while they run.
  package var communicationSMs: Int
  /// The source of expert loads.
  package var routing: RoutingSpec
  /// How experts were placed; `inOrder` has no redundant ones.
  package var planner: ExpertPlanner
  /// When they were placed, for traffic that has drifted since; nil if they are placed for the
  /// loads of the step itself.
  package var plan: PlanTiming?
  /// The release of the measured kernels to predict with.
  package var kernelRelease: KernelRelease
  /// The measured kernels to predict from.
  package var library = KernelLibrary.compiled
  /// How many of the GPUs are simulated.
  package var fidelity: Fidelity
  /// What hosts cost.
  package var host = HostCosts.none

  package init(
    phase: Phase, batch: Int, context: Int, cachedPrefix: Int = 0, layout: InferenceLayout,
    redundantExperts: Int, microbatches: Int, kvCache: CacheFormat, formats: ProductFormats,
    mtpAcceptance: Double?, communicationSMs: Int, routing: RoutingSpec, planner: ExpertPlanner,
    plan: PlanTiming? = nil, kernelRelease: KernelRelease, fidelity: Fidelity = .folded
  ) {
    self.phase = phase
    self.batch = batch
    self.context = context
    self.cachedPrefix = cachedPrefix
    self.layout = layout
    self.redundantExperts = redundantExperts
    self.microbatches = microbatches
    self.kvCache = kvCache
    self.formats = formats
    self.mtpAcceptance = mtpAcceptance
    self.communicationSMs = communicationSMs
    self.routing = routing
    self.planner = planner
    self.plan = plan
    self.kernelRelease = kernelRelease
    self.fidelity = fidelity
  }

  /// A step on GPUs that share the experts of a layer and hold everything else whole, each with its
  /// own sequences.
  package init(
    phase: Phase, batch: Int, context: Int, cachedPrefix: Int = 0, expertParallel: Int,
    redundantExperts: Int, microbatches: Int, kvCache: CacheFormat, gemm: Precision,
    mtpAcceptance: Double?, communicationSMs: Int, routing: RoutingSpec, planner: ExpertPlanner,
    plan: PlanTiming? = nil, kernelRelease: KernelRelease, fidelity: Fidelity = .folded
  ) {
    self.init(
      phase: phase, batch: batch, context: context, cachedPrefix: cachedPrefix,
      layout: InferenceLayout(data: expertParallel), redundantExperts: redundantExperts,
      microbatches: microbatches, kvCache: kvCache, formats: ProductFormats(gemm),
      mtpAcceptance: mtpAcceptance, communicationSMs: communicationSMs, routing: routing,
      planner: planner, plan: plan, kernelRelease: kernelRelease, fidelity: fidelity)
  }

  /// Tokens per sequence that one step computes.
  package var queries: Int {
    switch phase {
    case .prefill: context
    case .decode: 1 + draftCount
    }
  }

  /// Drafts of each sequence; a prefill with drafts only fills their cache.
  package var draftCount: Int {
    guard mtpAcceptance != nil else { return 0 }
    return phase == .decode || decoding != nil ? draftLength : 1
  }

  /// Tokens that one step yields for each attention group: prompt tokens, or the mean number of new
  /// tokens.
  package var tokensPerStep: Double {
    switch phase {
    case .prefill: Double(promptTokens ?? batch * context)
    case .decode: Double(batch) * acceptedTokens
    }
  }

  /// Mean number of tokens that a verification yields, if drafts are accepted independently.
  package var acceptedTokens: Double {
    var (sum, product) = (1.0, 1.0)
    for _ in 0..<draftCount {
      product *= mtpAcceptance ?? 0
      sum += product
    }
    return sum
  }

  /// Draft modules whose weights and cache are held.
  package func drafts(of model: ModelSpec) -> Int { mtpAcceptance == nil ? 0 : model.mtpModules }

  /// GPUs of a stage, which share the experts of its layers.
  package var gpusPerStage: Int { layout.gpusPerStage }
}
