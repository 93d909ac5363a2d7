// Inference throughput over batch sizes and contexts, with and without optional serving features.

import Cluster
import ModelCost
import Recording
import Routing
import Serving

/// A configuration of a prefill or decode unit.
package struct InferenceVariant: Hashable, Sendable {
  /// Name in tables.
  package var name: String
  /// Microbatches per batch; with 2, communication overlaps computation.
  package var microbatches = 1
  /// Acceptance rate of MTP drafts; nil without drafts.
  package var mtpAcceptance: Double?
  /// GPUs that share the experts.
  package var expertParallel: Int
  /// Slots beyond one per expert.
  package var redundantExperts = 32
}

/// One point of a sweep.
package struct InferencePoint: Sendable {
  /// Cached tokens per sequence in decode, tokens per prompt in prefill.
  package var context: Int
  /// Sequences per GPU.
  package var batch: Int
  /// Results by variant; nil if the batch does not fit in memory.
  package var results: [Result?]

  /// Result of a batch: of one step, or of the steps of all chunks of its prompts.
  package struct Result: Sendable {
    /// Total time in seconds.
    package var time: Double
    /// Number of steps.
    package var steps: Int
    /// Seconds between two tokens of a sequence; nil in prefill.
    package var timePerOutputToken: Double?
    /// Output tokens (prompt tokens in prefill) per second per node.
    package var tokensPerSecondPerNode: Double
    /// Exposed dispatch and combine over the total time.
    package var exposedShare: Double
  }
}

/// DeepSeek-V3 on H800 nodes: prefill on 4 nodes, decode on 18 nodes with redundant experts or on
/// 16 without.
package struct InferenceSweep: Sendable {
  /// The variants that are compared.
  package static func variants(_ phase: InferenceSpec.Phase) -> [InferenceVariant] {
    switch phase {
    case .prefill: prefillVariants
    case .decode: decodeVariants
    }
  }

  /// Unit: fact inf.online.prefill_unit.
  private static let prefillVariants: [InferenceVariant] = [
    InferenceVariant(name: "plain", expertParallel: 32),
    InferenceVariant(name: "overlap", microbatches: 2, expertParallel: 32),
    InferenceVariant(
      name: "overlap, no redundancy", microbatches: 2, expertParallel: 32, redundantExperts: 0),
  ]

  /// Acceptance: the lower end of fact mtp.accept.
  private static let decodeVariants: [InferenceVariant] = [
    InferenceVariant(name: "plain", expertParallel: 144),
    InferenceVariant(name: "overlap", microbatches: 2, expertParallel: 144),
    InferenceVariant(name: "mtp", mtpAcceptance: 0.85, expertParallel: 144),
    InferenceVariant(
      name: "overlap + mtp", microbatches: 2, mtpAcceptance: 0.85, expertParallel: 144),
    InferenceVariant(
      name: "overlap + mtp, no redundancy", microbatches: 2, mtpAcceptance: 0.85,
      expertParallel: 128, redundantExperts: 0),
  ]
  /// Sigma of the logarithm of expert loads, as `DomainMix` assumes it.
  package static let sigma = DomainMix.assumedDomainSigma

  private let model: ModelSpec
  private let cluster: ClusterSpec
  let phase: InferenceSpec.Phase
  private let cache: CacheFormat
  let chunk: Int?

  /// - Parameters:
  ///   - phase: prefill or decode.
  ///   - cache: format of the KV cache.
  ///   - chunk: tokens of each prompt per prefill step; nil for whole prompts.
  /// - Precondition: the catalogues hold DeepSeek-V3 and a node.
  package init(phase: InferenceSpec.Phase, cache: CacheFormat, chunk: Int? = nil) {
    guard let model = ModelSpec.catalogue.first(where: { $0.name == "deepseek-v3" }),
      let node = NodeSpec.catalogue.first
    else { preconditionFailure("the catalogues lack DeepSeek-V3 or a node") }
    self.model = model
    cluster = ClusterSpec(node: node, nodeCount: 18)
    self.phase = phase
    self.cache = cache
    self.chunk = chunk
  }

  /// Every batch at every context, batches varying fastest. Results do not depend on the number of
  /// cores.
  ///
  /// - Parameters:
  ///   - batches: sequences on each GPU.
  ///   - contexts: tokens of each sequence.
  ///   - progress: called after each step with the number of those done and of all.
  package func run(
    batches: [Int], contexts: [Int], progress: (Int, Int) -> Void = { _, _ in }
  ) -> [InferencePoint] {
    let variants = Self.variants(phase)
    let balances = balances(of: variants)
    let points = contexts.flatMap { context in batches.map { (context, $0) } }
    let count = variants.count
    var all: [InferencePoint.Result?] = []
    InOrder.run(0..<points.count * count, workers: InOrder.cores) { index in
      let (context, batch) = points[index / count]
      let variant = index % count
      return result(
        of: spec(variants[variant], batch: batch, context: context), balance: balances[variant])
    } deliver: {
      all.append($0)
      progress(all.count, points.count * count)
    }
    return points.enumerated().map { index, point in
      InferencePoint(
        context: point.0, batch: point.1, results: Array(all[index * count..<(index + 1) * count]))
    }
  }

  /// Expert balance of each variant; it does not depend on batch or context.
  private func balances(of variants: [InferenceVariant]) -> [ExpertBalance] {
    var known: [(variant: InferenceVariant, balance: ExpertBalance)] = []
    return variants.map { variant in
      let same = known.first {
        $0.variant.expertParallel == variant.expertParallel
          && $0.variant.redundantExperts == variant.redundantExperts
      }
      if let same { return same.balance }
      let spec = spec(variant, batch: variant.microbatches, context: 1)
      let balance = InferenceCosts(spec: spec, model: model, cluster: cluster).balance
      known.append((variant, balance))
      return balance
    }
  }

  private func spec(_ variant: InferenceVariant, batch: Int, context: Int) -> InferenceSpec {
    InferenceSpec(
      phase: phase, batch: batch, context: context, expertParallel: variant.expertParallel,
      redundantExperts: variant.redundantExperts, microbatches: variant.microbatches,
      kvCache: cache, gemm: .fp8, mtpAcceptance: variant.mtpAcceptance,
      communicationSMs: phase.usualCommunicationSMs,
      routing: RoutingSpec(.logNormal(sigma: Self.sigma), seed: 1), planner: .best,
      kernelRelease: .april2025)
  }

  /// The steps of a spec: the spec itself, or one step per chunk of its prompts.
  private func steps(of spec: InferenceSpec) -> [InferenceSpec] {
    guard phase == .prefill, let chunk, chunk < spec.context else { return [spec] }
    return stride(from: 0, to: spec.context, by: chunk).map { done in
      var step = spec
      step.cachedPrefix = done
      step.context = min(chunk, spec.context - done)
      return step
    }
  }

  private func result(of spec: InferenceSpec, balance: ExpertBalance) -> InferencePoint.Result? {
    let specs = steps(of: spec)
    var steps: [InferenceStep] = []
    for spec in specs {
      // The only possible refusal is a memory shortage.
      guard
        let step = try? InferenceStep(
          spec: spec, model: model, cluster: cluster, balance: balance)
      else { return nil }
      steps.append(step)
    }
    let results = steps.map { $0.run() }
    func sum(_ kind: MetricKind) -> Double {
      results.reduce(0) { $0 + ($1.value(kind) ?? .nan) }
    }
    let time = sum(.stepTime)
    let tokens = specs.reduce(0) { $0 + $1.tokensPerStep } * Double(cluster.node.gpusPerNode)
    return InferencePoint.Result(
      time: time, steps: steps.count,
      timePerOutputToken: results[0].value(.timePerOutputToken),
      tokensPerSecondPerNode: tokens / time, exposedShare: sum(.exposedCommunicationTime) / time)
  }
}
