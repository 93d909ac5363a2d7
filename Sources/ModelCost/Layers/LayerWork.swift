// What one GPU computes of one layer for one microbatch.

/// Tokens of each sequence that were computed before, and of which a cache is there.
public struct CachedPrefix: Hashable, Sendable {
  /// Tokens of one sequence.
  public var tokens: Int
  /// Format of the cache.
  public var format: Precision

  public init(tokens: Int, format: Precision) {
    self.tokens = tokens
    self.format = format
  }
}

/// The extents of a layer's work on one GPU.
public struct LayerWork: Hashable, Sendable {
  /// Tokens of the microbatch; where context is divided, of the GPU's parts of sequences.
  public var tokens: Int
  /// Tokens of one whole sequence, or of what follows its cached prefix.
  public var sequenceLength: Int
  /// Token-expert pairs that the GPU's experts receive; `ownTokens` x top-k under balanced loads.
  public var expertRows: Int
  /// Distinct tokens that arrive for these pairs.
  public var arrivedTokens: Int
  /// Routed experts that lie on the GPU.
  public var localExperts: Int
  /// With how many GPUs it shares the layer and the sequences.
  public var sharding: LayerSharding
  /// What precedes these tokens; nil for whole sequences. Only the forward pass knows it.
  public var prefix: CachedPrefix?

  public init(
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
  public init(
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
  public var sequences: Int { tokens * sharding.context / sequenceLength }

  /// Tokens whose norms, residual sums and routing are the GPU's own.
  public var ownTokens: Int { tokens / sharding.tokenShards }

  /// Tokens that attend in one step of the ring, and whose keys and values are its own.
  public var blockLength: Int { sequenceLength / sharding.context }
}
