// Work of one GPU on one layer for one microbatch.

/// Cached tokens at the start of each sequence, computed earlier.
package struct CachedPrefix: Hashable, Sendable {
  /// Tokens of one sequence.
  package var tokens: Int
  /// Format of the cache.
  package var format: CacheFormat

  package init(tokens: Int, format: CacheFormat) {
    self.tokens = tokens
    self.format = format
  }
}

/// The extents of a layer's work on one GPU.
package struct LayerWork: Hashable, Sendable {
  /// Tokens of the microbatch; if context is divided, those of the GPU's parts of sequences.
  package var tokens: Int
  /// Tokens of one whole sequence, or of its remainder after the cached prefix.
  package var sequenceLength: Int
  /// Token-expert pairs of which the GPU computes its experts' parts; under balanced loads
  /// `ownTokens` x top-k x the GPUs that share each expert's width.
  package var expertRows: Int
  /// Distinct tokens that arrive for these pairs.
  package var arrivedTokens: Int
  /// Routed experts on the GPU.
  package var localExperts: Int
  /// The division of the layer and the sequences over GPUs.
  package var sharding: LayerSharding
  /// The tokens before these; nil for whole sequences. Only the forward pass supports it.
  package var prefix: CachedPrefix?
  /// Sequences that decode in the same pass: the last of its tokens. Only the forward pass supports
  /// it.
  package var decoding: DecodeWork?

  package init(
    tokens: Int, sequenceLength: Int, expertRows: Int, arrivedTokens: Int, localExperts: Int,
    sharding: LayerSharding = .none, prefix: CachedPrefix? = nil, decoding: DecodeWork? = nil
  ) {
    self.tokens = tokens
    self.sequenceLength = sequenceLength
    self.expertRows = expertRows
    self.arrivedTokens = arrivedTokens
    self.localExperts = localExperts
    self.sharding = sharding
    self.prefix = prefix
    self.decoding = decoding
  }

  /// Makes the work under balanced expert loads over `expertParallel` GPUs; `gpusPerToken` is the
  /// mean number of GPUs that hold at least one of a token's experts.
  package init(
    tokens: Int, sequenceLength: Int, experts: ExpertSpec?, expertParallel: Int,
    gpusPerToken: Double, sharding: LayerSharding = .none
  ) {
    let own = tokens / sharding.tokenShards * sharding.expertTensor
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

  /// Tokens of whole sequences, or of their remainder.
  var promptTokens: Int { tokens - (decoding?.tokens ?? 0) }

  /// Sequences of the microbatch, whole or divided; a part of one counts as one.
  package var sequences: Int {
    promptTokens > 0 ? max(1, promptTokens * sharding.context / sequenceLength) : 0
  }

  /// The work of the tokens / that of so many sequences: 1 unless one of them is a part.
  var sequenceShare: Double {
    sequences > 0
      ? Double(promptTokens * sharding.context) / Double(sequences * sequenceLength) : 1
  }

  /// Tokens whose norms, residual sums and routing are the GPU's own.
  package var ownTokens: Int { tokens / sharding.tokenShards }

  /// Tokens that attend in one step of the ring, and whose keys and values the GPU owns.
  package var blockLength: Int { sequenceLength / sharding.context }
}
