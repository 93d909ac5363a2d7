// What one GPU computes of one layer for one microbatch.

/// Tokens of each sequence that were computed before, and of which a cache is there.
package struct CachedPrefix: Hashable, Sendable {
  /// Tokens of one sequence.
  package var tokens: Int
  /// Format of the cache.
  package var format: Precision

  package init(tokens: Int, format: Precision) {
    self.tokens = tokens
    self.format = format
  }
}

/// The extents of a layer's work on one GPU.
package struct LayerWork: Hashable, Sendable {
  /// Tokens of the microbatch; where context is divided, of the GPU's parts of sequences.
  package var tokens: Int
  /// Tokens of one whole sequence, or of what follows its cached prefix.
  package var sequenceLength: Int
  /// Token-expert pairs that the GPU's experts receive; `ownTokens` x top-k under balanced loads.
  package var expertRows: Int
  /// Distinct tokens that arrive for these pairs.
  package var arrivedTokens: Int
  /// Routed experts that lie on the GPU.
  package var localExperts: Int
  /// With how many GPUs it shares the layer and the sequences.
  package var sharding: LayerSharding
  /// What precedes these tokens; nil for whole sequences. Only the forward pass knows it.
  package var prefix: CachedPrefix?

  package init(
    tokens: Int, sequenceLength: Int, expertRows: Int, arrivedTokens: Int, localExperts: Int,
    sharding: LayerSharding = .none, prefix: CachedPrefix? = nil
  ) {
    self.tokens = tokens
    self.sequenceLength = sequenceLength
    self.expertRows = expertRows
    self.arrivedTokens = arrivedTokens
    self.localExperts = localExperts
    self.sharding = sharding
    self.prefix = prefix
  }

  /// Balanced expert loads over `expertParallel` GPUs; `gpusPerToken` is the mean count of GPUs
  /// that hold at least one of a token's experts.
  package init(
    tokens: Int, sequenceLength: Int, experts: ExpertSpec?, expertParallel: Int,
    gpusPerToken: Double, sharding: LayerSharding = .none
  ) {
    let own = tokens / sharding.tokenShards
    self.init(
      tokens: tokens, sequenceLength: sequenceLength,
      expertRows: own * (experts?.topK ?? 0),
      arrivedTokens: Int((Double(own) * gpusPerToken).rounded()),
      localExperts: (experts?.routed ?? 0) / max(1, expertParallel), sharding: sharding)
  }

  /// The products of the GPU's experts, rounded down to whole rows.
  var expertProducts: ExpertProducts {
    ExpertProducts(rows: expertRows, experts: localExperts, rounding: .down)
  }

  /// Sequences of the microbatch, whole or divided.
  package var sequences: Int { tokens * sharding.context / sequenceLength }

  /// Tokens whose norms, residual sums and routing are the GPU's own.
  package var ownTokens: Int { tokens / sharding.tokenShards }

  /// Tokens that attend in one step of the ring, and whose keys and values are its own.
  package var blockLength: Int { sequenceLength / sharding.context }
}
