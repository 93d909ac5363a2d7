// The kernels of each kind of layer for one token, or a few, of each sequence against a cache:
// experts in the masked layout, casts and norms as separate kernels; attention is in
// DecodeAttention.
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
  /// GPUs that share heads and widths.
  package var tensor: Int
  /// Tokens that the GPU itself sends to experts; all of them unless a tensor group divides them.
  package var routedTokens: Int

  /// Describes the work; without `routedTokens`, the GPU sends all its tokens to experts.
  package init(
    sequences: Int, queries: Int, context: Int, expertRows: Int, localExperts: Int,
    cache: CacheFormat, tensor: Int = 1, routedTokens: Int? = nil
  ) {
    self.sequences = sequences
    self.queries = queries
    self.context = context
    self.expertRows = expertRows
    self.localExperts = localExperts
    self.cache = cache
    self.tensor = tensor
    self.routedTokens = routedTokens ?? sequences * queries
  }

  /// Rows of the linear layers.
  package var tokens: Int { sequences * queries }
}

/// Lists the decode kernels of a model.
package struct DecodeKernelBuilder: Sendable {
  /// The GPU's share of the model.
  let model: ModelSpec
  let work: DecodeWork
  private let formats: ProductFormats
  /// Kernels that training and decoding share: of linear layers, and of routed experts.
  let linear: LayerKernelBuilder
  private let experts: LayerKernelBuilder

  /// - Parameters:
  ///   - model: the model; routed experts as wide as on the GPU.
  ///   - work: the GPU's work on a layer.
  ///   - formats: how linear layers store weights and multiply.
  package init(model: ModelSpec, work: DecodeWork, formats: ProductFormats) {
    self.model = model.tensorShare(work.tensor)
    self.work = work
    self.formats = formats
    func builder(ofExperts: Bool) -> LayerKernelBuilder {
      LayerKernelBuilder(
        model: model,
        work: LayerWork(
          tokens: work.tokens, sequenceLength: 1, expertRows: work.expertRows,
          arrivedTokens: work.expertRows, localExperts: work.localExperts,
          sharding: LayerSharding(tensor: work.tensor)),
        precision: formats.training(ofExperts: ofExperts), activations: .forwardAlone)
    }
    linear = builder(ofExperts: false)
    experts = builder(ofExperts: true)
  }

  /// Makes a builder for sequences that decode beside prompts.
  ///
  /// - Parameters:
  ///   - share: the GPU's share of the model.
  ///   - builder: lists the kernels of the whole pass.
  init(share: ModelSpec, work: DecodeWork, beside builder: LayerKernelBuilder) {
    model = share
    self.work = work
    formats = ProductFormats(.bf16)
    linear = builder
    experts = builder
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
      result[.attention, .forward] = attention(of: kind)
      result[.feedForward, .forward] =
        [linear.norm("ffn norm", width: model.hidden)]
        + linear.cast("ffn input", width: model.hidden) + feedForward(model.denseIntermediate)
        + [linear.add("ffn residual")]
    case .moe, .moeWindowed:
      guard let experts = model.experts else { return result }
      result[.attention, .forward] = attention(of: kind) + router(experts)
      result[.feedForward, .forward] =
        experts.shared > 0 ? feedForward(experts.sharedWidth) : []
      result[.experts, .forward] = routed(experts)
      result[.residual, .forward] = [linear.add("expert residual")]
    case .head:
      result[.feedForward, .forward] = [
        linear.norm("final norm", width: model.hidden),
        .decodeGEMM(
          "head", m: work.tokens, n: model.vocabulary, k: model.hidden, precision: .bf16),
        .memory(
          "sampling", .loss, tokens: work.tokens,
          bytesPerToken: Double(model.vocabulary * work.tensor) * 4),
      ]
    case .mtp:
      result[.feedForward, .forward] =
        [linear.norm("mtp norms", width: 2 * model.hidden)]
        + linear.cast("mtp input", width: 2 * model.hidden)
        + [gemm("mtp projection", n: model.hidden / work.tensor, k: 2 * model.hidden)]
    }
    return result
  }

  /// A product over all tokens, [tokens, k] x [k, n].
  func gemm(_ name: String, n: Int, k: Int) -> Kernel {
    Kernel.decodeGEMM(
      name, m: work.tokens, n: n, k: k, precision: formats.precision(ofExperts: false)
    ).reading(formats.stored(ofExperts: false))
  }

  private func router(_ experts: ExpertSpec) -> [Kernel] {
    let tokens = work.routedTokens
    return [
      linear.norm("ffn norm", width: model.hidden),
      .routerGEMM("router", tokens: tokens, hidden: model.hidden, experts: experts.routed),
      .memory("top-k", .router, tokens: tokens, bytesPerToken: Double(experts.routed) * 4),
    ] + self.experts.cast("tokens to dispatch", rows: tokens, width: model.hidden)
  }

  private func feedForward(_ width: Int) -> [Kernel] {
    [gemm("gate, up", n: 2 * width, k: model.hidden), linear.swiglu(width: width)]
      + linear.cast("swiglu output", width: width) + [gemm("down", n: model.hidden, k: width)]
  }

  private func routed(_ experts: ExpertSpec) -> [Kernel] {
    let width = experts.intermediate
    let rows = work.expertRows
    let products = ExpertProducts(
      rows: rows, experts: work.localExperts, rounding: .toNearest)
    func masked(_ name: String, n: Int, k: Int) -> Kernel {
      Kernel.maskedGEMM(
        name, experts: products.count, m: products.rows, n: n, k: k,
        precision: formats.precision(ofExperts: true)
      ).reading(formats.stored(ofExperts: true))
    }
    let cast = self.experts.cast("swiglu output", rows: rows, width: width)
    return [
      masked("gate, up", n: 2 * width, k: model.hidden), linear.swiglu(rows: rows, width: width),
    ] + cast + [masked("down", n: model.hidden, k: width)]
  }
}
