// DeepSeek sparse attention over whole sequences: in training, and in prefill with or without a
// cached prefix.
//
// Up to as many tokens as the indexer selects, attention is the plain multi-head one, as in the
// engines (SGLang, pull request 12868); the indexer scores nevertheless, as its FLOPs are counted.
// Beyond, attention runs in its absorbed form: the up-projection of latents is two batched products
// around a core that reads selected latents, forward and backward.
//
// Not modelled: the indexer's own loss and gradients, which are detached from the model's (report
// of DeepSeek-V3.2-Exp, section 2.1), the recomputation of scores in the backward, and division of
// a sequence over GPUs, for which every GPU needs the latents and keys of all others.

extension LayerKernelBuilder {
  /// Latent attention in its absorbed form; nil if attention is dense or not latent.
  var absorbed: (latent: LatentAttention, indexer: SparseIndexer)? {
    guard case .latent(let latent) = model.attention, let indexer = latent.indexer,
      work.sequenceLength + cachedTokens > indexer.topK
    else { return nil }
    return (latent, indexer)
  }

  private var cachedTokens: Int { work.prefix?.tokens ?? 0 }

  /// Keys that all tokens of a sequence on this GPU read together.
  private func pairs(_ keys: AttendedKeys) -> Int {
    keys.pairs(length: work.sequenceLength, cached: cachedTokens) / work.sharding.context
  }

  /// Projections of the indexer, its scores, and the selection of keys; none without an indexer.
  func indexerKernels() -> [Kernel] {
    guard case .latent(let latent) = model.attention, let indexer = latent.indexer else {
      return []
    }
    let scored = pairs(.all)
    return indexerProjections(indexer, latent) { gemm($0, n: $1, k: $2) } + [
      .indexerScores(
        sequences: work.sequences, queries: work.blockLength,
        keys: work.sequenceLength + cachedTokens, pairs: scored, indexer: indexer
      ).times(work.sequenceShare),
      .keySelection(
        sequences: work.sequences, queries: work.blockLength, pairs: scored, indexer: indexer
      ).times(work.sequenceShare),
    ]
  }

  /// The indexer's products, and the kernel that rotates, rounds and stores their results.
  func indexerProjections(
    _ indexer: SparseIndexer, _ latent: LatentAttention,
    gemm: (_ name: String, _ n: Int, _ k: Int) -> Kernel
  ) -> [Kernel] {
    let query = indexer.heads * indexer.headSize
    let results = Double(query + indexer.headSize)
    return [
      gemm("indexer q", query, latent.queryRank ?? hidden),
      gemm("indexer k", indexer.headSize, hidden),
      .gemm("indexer weights", m: tokens, n: indexer.heads, k: hidden, precision: .bf16),
      .memory(
        "indexer norm, rope, cast", .rope, tokens: tokens,
        bytesPerToken: results * 3 + Double(indexer.cacheBytes)),
    ]
  }

  /// The absorbed core with the products around it; nil if attention is dense.
  func absorbedCore() -> [Kernel]? {
    guard let (latent, indexer) = absorbed else { return nil }
    return [
      absorption("q to latent", latent, from: latent.nopeHead, to: latent.kvRank),
      .sparseAttention(
        .sparseAttention, sequences: work.sequences, queries: work.blockLength,
        pairs: pairs(.last(indexer.topK)), latent: latent, cache: work.prefix?.format ?? .bf16
      ).times(work.sequenceShare),
      absorption("latent to v", latent, from: latent.kvRank, to: latent.valueHead),
    ]
  }

  /// Its gradient for the inputs; nil if attention is dense.
  func absorbedCoreBackward() -> [Kernel]? {
    guard let (latent, indexer) = absorbed else { return nil }
    return [
      absorption("latent to v, input", latent, from: latent.valueHead, to: latent.kvRank),
      .sparseAttentionBackward(
        sequences: work.sequences, queries: work.blockLength,
        pairs: pairs(.last(indexer.topK)), latent: latent),
      absorption("q to latent, input", latent, from: latent.kvRank, to: latent.nopeHead),
    ]
  }

  /// The gradients of the two parts of the up-projection of latents; nil if attention is dense.
  func absorbedWeights() -> [Kernel]? {
    guard let (latent, _) = absorbed else { return nil }
    return [
      .weightGEMM(
        "q to latent, weight", groups: latent.heads, tokens: tokens, n: latent.kvRank,
        k: latent.nopeHead, precision: .bf16),
      .weightGEMM(
        "latent to v, weight", groups: latent.heads, tokens: tokens, n: latent.valueHead,
        k: latent.kvRank, precision: .bf16),
    ]
  }

  /// One product per head over all tokens, in BF16.
  private func absorption(
    _ name: String, _ latent: LatentAttention, from k: Int, to n: Int
  ) -> Kernel {
    .gemm(name, groups: latent.heads, m: work.promptTokens, n: n, k: k, precision: .bf16)
  }
}
