// Tokens a second over batches and contexts, with and without what a serving engine can switch on.

import Cluster
import ModelCost
import Recording
import Routing
import Serving

/// One way to run a unit of prefill or of decoding.
public struct InferenceVariant: Hashable, Sendable {
  /// Its name in tables.
  public var name: String
  /// Parts of a batch: with 2, communication runs beside computation.
  public var microbatches: Int
  /// Acceptance of drafts; nil without.
  public var mtpAcceptance: Double?
  /// GPUs that share the experts.
  public var expertParallel: Int
  /// Slots beyond one for each expert.
  public var redundantExperts: Int
}

/// One point of a sweep.
public struct InferencePoint: Sendable {
  /// Cached tokens of a sequence, or tokens of a prompt.
  public var context: Int
  /// Sequences on a GPU.
  public var batch: Int
  /// Step time, tokens a second and node, and exposed communication, by variant; nil where the
  /// batch does not fit.
  public var results: [Result?]

  /// What one step gave.
  public struct Result: Sendable {
    /// Seconds of one step, or of those of all chunks of a prompt.
    public var time: Double
    /// Steps that it takes.
    public var steps: Int
    /// Seconds between two tokens of a sequence; nil in prefill.
    public var timePerOutputToken: Double?
    /// New tokens, or prompt tokens, of the GPUs of one node.
    public var tokensPerSecondPerNode: Double
    /// Dispatch and combine that compute waits for, over the time.
    public var exposedShare: Double
  }
}

/// DeepSeek-V3 on H800 nodes: prefill on 4 nodes, decoding on 18 with redundant experts or on 16
/// without.
public struct InferenceSweep: Sendable {
  /// The ways to run that are compared.
  public static func variants(_ phase: InferenceSpec.Phase) -> [InferenceVariant] {
    switch phase {
    case .prefill: prefillVariants
    case .decode: decodeVariants
    }
  }

  /// The unit is that of fact inf.online.prefill_unit.
  private static let prefillVariants: [InferenceVariant] = [
    InferenceVariant(
      name: "plain", microbatches: 1, mtpAcceptance: nil, expertParallel: 32, redundantExperts: 32),
    InferenceVariant(
      name: "overlap", microbatches: 2, mtpAcceptance: nil, expertParallel: 32,
      redundantExperts: 32),
    InferenceVariant(
      name: "overlap, no redundancy", microbatches: 2, mtpAcceptance: nil, expertParallel: 32,
      redundantExperts: 0),
  ]

  /// Acceptance: fact mtp.accept, its lower end.
  private static let decodeVariants: [InferenceVariant] = [
    InferenceVariant(
      name: "plain", microbatches: 1, mtpAcceptance: nil, expertParallel: 144,
      redundantExperts: 32),
    InferenceVariant(
      name: "overlap", microbatches: 2, mtpAcceptance: nil, expertParallel: 144,
      redundantExperts: 32),
    InferenceVariant(
      name: "mtp", microbatches: 1, mtpAcceptance: 0.85, expertParallel: 144,
      redundantExperts: 32),
    InferenceVariant(
      name: "overlap + mtp", microbatches: 2, mtpAcceptance: 0.85, expertParallel: 144,
      redundantExperts: 32),
    InferenceVariant(
      name: "overlap + mtp, no redundancy", microbatches: 2, mtpAcceptance: 0.85,
      expertParallel: 128, redundantExperts: 0),
  ]
  /// Spread of expert loads: measured on one layer in service, as `DomainMix` assumes it.
  public static let sigma = DomainMix.assumedDomainSigma

  private let model: ModelSpec
  private let cluster: ClusterSpec
  let phase: InferenceSpec.Phase
  private let cache: Precision
  let chunk: Int?

  /// - Parameters:
  ///   - cache: format of the KV cache.
  ///   - chunk: tokens of each prompt that a step of prefill computes; nil for whole prompts.
  /// - Precondition: the catalogues hold DeepSeek-V3 and a node.
  public init(phase: InferenceSpec.Phase, cache: Precision, chunk: Int? = nil) {
    guard let model = ModelSpec.catalogue.first(where: { $0.name == "deepseek-v3" }),
      let node = NodeSpec.catalogue.first
    else { preconditionFailure("the catalogues lack what the sweep is about") }
    self.model = model
    cluster = ClusterSpec(node: node, nodeCount: 18)
    self.phase = phase
    self.cache = cache
    self.chunk = chunk
  }

  /// Every batch at every context, in this order. The same for any number of cores.
  public func run(batches: [Int], contexts: [Int]) -> [InferencePoint] {
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
    }
    return points.enumerated().map { index, point in
      InferencePoint(
        context: point.0, batch: point.1, results: Array(all[index * count..<(index + 1) * count]))
    }
  }

  /// How uneven the experts of each variant are: batch and context do not change it.
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

  /// The steps of a spec: itself, or one for each chunk of its prompts.
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
      // The only refusal is a lack of memory.
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
