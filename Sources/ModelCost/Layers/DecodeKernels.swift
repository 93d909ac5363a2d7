// The kernels of each kind of layer for one token, or a few, of each sequence against a cache: MLA
// absorbed, experts in the masked layout, casts and norms as separate kernels.
//
// Dispatch and combine are not included; the low-latency kernels weight and sum the experts'
// results.

/// The work of one GPU on one layer in one decoding step of a microbatch.
package struct DecodeWork: Hashable, Sendable {
  /// Sequences of the microbatch on this GPU.
  package var sequences: Int
  /// Tokens per sequence: 1, or more if drafts are verified.
  package var queries: Int
  /// Mean number of cached tokens that each query attends to.
  package var context: Int
  /// Token-expert pairs that the GPU's experts receive.
  package var expertRows: Int
  /// Routed experts on the GPU, including replicas.
  package var localExperts: Int
  /// Format of the cache.
  package var cache: CacheFormat

  package init(
    sequences: Int, queries: Int, context: Int, expertRows: Int, localExperts: Int,
    cache: CacheFormat
  ) {
    self.sequences = sequences
    self.queries = queries
    self.context = context
    self.expertRows = expertRows
    self.localExperts = localExperts
    self.cache = cache
  }

  /// Rows of the linear layers.
  package var tokens: Int { sequences * queries }
}

/// Lists the decode kernels of a model with latent attention.
package struct DecodeKernelBuilder: Sendable {
  private let model: ModelSpec
  private let latent: LatentAttention
  private let work: DecodeWork
  private let precision: Precision
  /// Kernels that training and decoding share.
  private let shared: LayerKernelBuilder

  /// Nil for a model whose attention is not latent: none of its decode kernels were measured.
  package init?(model: ModelSpec, work: DecodeWork, precision: Precision) {
    guard case .latent(let latent) = model.attention else { return nil }
    self.model = model
    self.latent = latent
    self.work = work
    self.precision = precision
    let formats: TrainingPrecision = precision == .fp8 ? .deepseekV3 : .bf16
    shared = LayerKernelBuilder(
      model: model,
      work: LayerWork(
        tokens: work.tokens, sequenceLength: 1, expertRows: work.expertRows,
        arrivedTokens: work.expertRows, localExperts: work.localExperts),
      precision: formats, activations: .deepseekV3)
  }

  /// The kernels of a kind of layer, all in the forward pass.
  package func kernels(of kind: LayerKind) -> LayerKernels {
    var result = LayerKernels()
    switch kind {
    case .embedding:
      result[.feedForward, .forward] = [
        .memory(
          "embedding", .embedding, tokens: work.tokens, bytesPerToken: Double(model.hidden) * 4)
      ]
    case .dense, .denseWindowed:
      result[.attention, .forward] = attention
      result[.feedForward, .forward] =
        [shared.norm("ffn norm", width: model.hidden)]
        + shared.cast("ffn input", width: model.hidden) + feedForward(model.denseIntermediate)
        + [shared.add("ffn residual")]
    case .moe, .moeWindowed:
      guard let experts = model.experts else { return result }
      result[.attention, .forward] = attention + router(experts)
      result[.feedForward, .forward] =
        experts.shared > 0 ? feedForward(experts.sharedWidth) : []
      result[.experts, .forward] = routed(experts)
      result[.residual, .forward] = [shared.add("expert residual")]
    case .head:
      result[.feedForward, .forward] = [
        shared.norm("final norm", width: model.hidden),
        .decodeGEMM(
          "head", m: work.tokens, n: model.vocabulary, k: model.hidden, precision: .bf16),
        .memory(
          "sampling", .loss, tokens: work.tokens, bytesPerToken: Double(model.vocabulary) * 4),
      ]
    case .mtp:
      result[.feedForward, .forward] =
        [shared.norm("mtp norms", width: 2 * model.hidden)]
        + shared.cast("mtp input", width: 2 * model.hidden)
        + [gemm("mtp projection", n: model.hidden, k: 2 * model.hidden)]
    }
    return result
  }

  private func gemm(_ name: String, n: Int, k: Int) -> Kernel {
    .decodeGEMM(name, m: work.tokens, n: n, k: k, precision: precision)
  }

  private var attention: [Kernel] {
    let output = latent.heads * latent.valueHead
    return [shared.norm("attention norm", width: model.hidden)]
      + shared.cast("attention input", width: model.hidden)
      + [
        gemm(latent.downName, n: latent.latentWidth + latent.ropeHead, k: model.hidden),
        shared.norm("latent norms", width: latent.latentWidth),
      ] + (latent.queryRank.map { shared.cast("latents", width: $0) } ?? [])
      + [
        gemm(
          latent.queryName, n: latent.heads * latent.queryHead,
          k: latent.queryRank ?? model.hidden),
        .batchedGEMM(
          "q to latent", heads: latent.heads, m: work.tokens, n: latent.kvRank,
          k: latent.nopeHead),
        .memory(
          "rope, cache", .rope, tokens: work.tokens,
          bytesPerToken: Double(latent.heads * latent.ropeHead) * 4
            + Double(latent.cacheBytes(work.cache))),
        .attentionDecode(
          sequences: work.sequences, queries: work.queries, context: work.context,
          latent: latent, cache: work.cache),
        .batchedGEMM(
          "latent to v", heads: latent.heads, m: work.tokens, n: latent.valueHead,
          k: latent.kvRank),
      ] + shared.cast("attention output", width: output)
      + [gemm("o", n: model.hidden, k: output), shared.add("attention residual")]
  }

  private func router(_ experts: ExpertSpec) -> [Kernel] {
    [
      shared.norm("ffn norm", width: model.hidden),
      .routerGEMM("router", tokens: work.tokens, hidden: model.hidden, experts: experts.routed),
      .memory(
        "top-k", .router, tokens: work.tokens, bytesPerToken: Double(experts.routed) * 4),
    ] + shared.cast("tokens to dispatch", width: model.hidden)
  }

  private func feedForward(_ width: Int) -> [Kernel] {
    [gemm("gate, up", n: 2 * width, k: model.hidden), shared.swiglu(width: width)]
      + shared.cast("swiglu output", width: width) + [gemm("down", n: model.hidden, k: width)]
  }

  private func routed(_ experts: ExpertSpec) -> [Kernel] {
    let width = experts.intermediate
    let rows = work.expertRows
    let products = ExpertProducts(
      rows: rows, experts: work.localExperts, rounding: .toNearest)
    func masked(_ name: String, n: Int, k: Int) -> Kernel {
      .maskedGEMM(
        name, experts: products.count, m: products.rows, n: n, k: k, precision: precision)
    }
    return [
      masked("gate, up", n: 2 * width, k: model.hidden), shared.swiglu(rows: rows, width: width),
    ] + shared.cast("swiglu output", rows: rows, width: width)
      + [masked("down", n: model.hidden, k: width)]
  }
}
