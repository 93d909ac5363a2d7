// Attention of one decoding step: latent attention in its absorbed form, grouped-query attention,
// and DeepSeek's sparse attention, whose indexer scores every cached token before the core reads
// the selected ones. Up to as many tokens as are selected, the core is the dense one.

extension DecodeKernelBuilder {
  /// Kernels from the norm to the sum with the residual stream.
  func attention(of kind: LayerKind) -> [Kernel] {
    let keys = model.attendedKeys(of: kind).keys(context: work.context)
    let inner: (kernels: [Kernel], output: Int)
    switch model.attention {
    case .latent(let latent):
      inner = (latentKernels(latent, keys), latent.heads * latent.valueHead)
    case .grouped(let grouped):
      inner = (groupedKernels(grouped, keys), grouped.heads * grouped.headSize)
    }
    return [linear.norm("attention norm", width: model.hidden)]
      + linear.cast("attention input", width: model.hidden) + inner.kernels
      + linear.cast("attention output", width: inner.output)
      + [gemm("o", n: model.hidden, k: inner.output), linear.add("attention residual")]
  }

  private func latentKernels(_ latent: LatentAttention, _ keys: Int) -> [Kernel] {
    [
      gemm(latent.downName, n: latent.latentWidth + latent.ropeHead, k: model.hidden),
      linear.norm("latent norms", width: latent.latentWidth),
    ] + (latent.queryRank.map { linear.cast("latents", width: $0) } ?? [])
      + [
        gemm(
          latent.queryName, n: latent.heads * latent.queryHead,
          k: latent.queryRank ?? model.hidden)
      ] + latentCores(latent, keys, projections: true)
  }

  /// The absorbed products of latent attention, and what lies between them.
  ///
  /// - Parameter projections: whether the projections of an indexer are included.
  private func latentCores(
    _ latent: LatentAttention, _ keys: Int, projections: Bool
  ) -> [Kernel] {
    let indexer = latent.indexer.map { indexer in
      (projections ? self.projections(indexer, latent) : []) + indexerCores(indexer)
    }
    return
      [
        .batchedGEMM(
          "q to latent", heads: latent.heads, m: work.tokens, n: latent.kvRank,
          k: latent.nopeHead),
        .memory(
          "rope, cache", .rope, tokens: work.tokens,
          bytesPerToken: Double(latent.heads * latent.ropeHead) * 4
            + Double(latent.cacheBytes(work.cache))),
      ] + (indexer ?? []) + [
        core(latent, keys),
        .batchedGEMM(
          "latent to v", heads: latent.heads, m: work.tokens, n: latent.valueHead,
          k: latent.kvRank),
      ]
  }

  private func core(_ latent: LatentAttention, _ keys: Int) -> Kernel {
    guard latent.indexer != nil, keys < work.context else {
      return .attentionDecode(
        sequences: work.sequences, queries: work.queries, context: keys, latent: latent,
        cache: work.cache)
    }
    return .sparseAttention(
      .sparseAttentionDecode, sequences: work.sequences, queries: work.queries,
      pairs: keys * work.queries, latent: latent, cache: work.cache)
  }

  /// The indexer is whole on every GPU of a tensor group.
  private func projections(_ indexer: SparseIndexer, _ latent: LatentAttention) -> [Kernel] {
    linear.indexerProjections(indexer, latent) { gemm($0, n: $1, k: $2) }
  }

  private func indexerCores(_ indexer: SparseIndexer) -> [Kernel] {
    [
      .indexerScores(
        sequences: work.sequences, queries: work.queries, keys: work.context,
        pairs: work.context * work.queries, indexer: indexer),
      .keySelection(
        sequences: work.sequences, queries: work.queries, pairs: work.context * work.queries,
        indexer: indexer),
    ]
  }

  private func groupedKernels(_ grouped: GroupedAttention, _ keys: Int) -> [Kernel] {
    [gemm("qkv", n: grouped.projectionWidth, k: model.hidden)]
      + linear.queryKeyNorms(grouped, bytes: 4) + groupedCores(grouped, keys)
  }

  private func groupedCores(_ grouped: GroupedAttention, _ keys: Int) -> [Kernel] {
    let rotated = (grouped.heads + grouped.kvHeads) * grouped.headSize
    return [
      .memory(
        "rope, cache", .rope, tokens: work.tokens,
        bytesPerToken: Double(rotated) * 4 + Double(grouped.cacheBytes(work.cache))),
      .groupedAttentionDecode(
        sequences: work.sequences, queries: work.queries, context: keys, grouped: grouped,
        cache: work.cache),
    ]
  }

  /// The kernels of attention that are not products over all tokens of a pass: those of the
  /// sequences that decode beside prompts.
  func cores(of kind: LayerKind) -> [Kernel] {
    let keys = model.attendedKeys(of: kind).keys(context: work.context)
    return switch model.attention {
    case .latent(let latent): latentCores(latent, keys, projections: false)
    case .grouped(let grouped): groupedCores(grouped, keys)
    }
  }
}
