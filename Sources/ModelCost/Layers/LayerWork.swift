// What one GPU computes of one layer for one microbatch.

/// The extents of a layer's work on one GPU.
public struct LayerWork: Hashable, Sendable {
  /// Tokens of the microbatch.
  public var tokens: Int
  /// Tokens of one sequence; divides `tokens`.
  public var sequenceLength: Int
  /// Token-expert pairs that the GPU's experts receive; `tokens` x top-k under balanced loads.
  public var expertRows: Int
  /// Distinct tokens that arrive for these pairs.
  public var arrivedTokens: Int
  /// Routed experts that lie on the GPU.
  public var localExperts: Int

  public init(
    tokens: Int, sequenceLength: Int, expertRows: Int, arrivedTokens: Int, localExperts: Int
  ) {
    self.tokens = tokens
    self.sequenceLength = sequenceLength
    self.expertRows = expertRows
    self.arrivedTokens = arrivedTokens
    self.localExperts = localExperts
  }

  /// Balanced expert loads over `expertParallel` GPUs; `gpusPerToken` is the mean count of GPUs
  /// that hold at least one of a token's experts.
  public init(
    tokens: Int, sequenceLength: Int, experts: ExpertSpec?, expertParallel: Int,
    gpusPerToken: Double
  ) {
    self.init(
      tokens: tokens, sequenceLength: sequenceLength,
      expertRows: tokens * (experts?.topK ?? 0),
      arrivedTokens: Int((Double(tokens) * gpusPerToken).rounded()),
      localExperts: (experts?.routed ?? 0) / max(1, expertParallel))
  }

  /// Sequences of the microbatch.
  public var sequences: Int { tokens / sequenceLength }
}
