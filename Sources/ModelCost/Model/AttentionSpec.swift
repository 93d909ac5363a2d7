// Attention of a layer: latent or grouped, whole, windowed or sparse.
//
// Legend: d hidden size, H heads, rq/rkv low ranks of MLA, dn/dr/dv head sizes.

/// The kind of attention of a layer.
package enum AttentionSpec: Hashable, Sendable {
  /// Multi-head latent attention (DeepSeek-V2 and V3).
  case latent(LatentAttention)
  /// Multi-head or grouped-query attention.
  case grouped(GroupedAttention)

  /// Query heads.
  package var heads: Int {
    switch self {
    case .latent(let latent): latent.heads
    case .grouped(let grouped): grouped.heads
    }
  }

  /// The indexer that selects keys; nil if tokens attend to all of them.
  package var indexer: SparseIndexer? {
    switch self {
    case .latent(let latent): latent.indexer
    case .grouped: nil
    }
  }
}

/// Multi-head latent attention: low-rank queries, one compressed KV vector, a decoupled rope key.
package struct LatentAttention: Hashable, Sendable {
  /// Query heads; each has keys and values of its own.
  package var heads: Int
  /// Rank of the query compression rq; nil if queries are projected from the hidden state.
  package var queryRank: Int?
  /// Rank of the KV compression rkv.
  package var kvRank: Int
  /// Head size without position dn.
  package var nopeHead: Int
  /// Head size with rotary position dr.
  package var ropeHead: Int
  /// Value head size dv.
  package var valueHead: Int
  /// Sparse attention's selection of keys; nil for attention to all.
  package var indexer: SparseIndexer?

  package init(
    heads: Int, queryRank: Int?, kvRank: Int, nopeHead: Int, ropeHead: Int, valueHead: Int,
    indexer: SparseIndexer? = nil
  ) {
    self.heads = heads
    self.queryRank = queryRank
    self.kvRank = kvRank
    self.nopeHead = nopeHead
    self.ropeHead = ropeHead
    self.valueHead = valueHead
    self.indexer = indexer
  }

  /// Query and key size of a head, dn + dr.
  package var queryHead: Int { nopeHead + ropeHead }

  /// Width of the latents that the down-projections produce and norms follow: rq + rkv.
  package var latentWidth: Int { (queryRank ?? 0) + kvRank }
}

/// The lightning indexer of DeepSeek sparse attention: small heads score every earlier token, and
/// the main attention reads the keys with the highest scores.
///
/// Source: DeepSeek-V3.2-Exp, inference/model.py.
package struct SparseIndexer: Hashable, Sendable {
  /// Heads that score; all share one key.
  package var heads: Int
  /// Size of a head.
  package var headSize: Int
  /// Keys that the main attention of a token reads at most.
  package var topK: Int

  package init(heads: Int, headSize: Int, topK: Int) {
    self.heads = heads
    self.headSize = headSize
    self.topK = topK
  }
}

/// Grouped-query attention; multi-head if `kvHeads == heads`.
package struct GroupedAttention: Hashable, Sendable {
  /// Norms of queries and keys after their projections.
  package enum QueryKeyNorm: String, CaseIterable, Hashable, Sendable {
    case without = "none"
    /// One for all query heads and one for all key heads (Qwen3).
    case perHead = "per_head"
    /// Weights for every head (MiniMax-M2).
    case perLayer = "per_layer"
  }

  /// Query heads.
  package var heads: Int
  /// Heads of keys and values; divides `heads`.
  package var kvHeads: Int
  /// Size of a head, the same for queries, keys and values.
  package var headSize: Int
  /// Whether the projections of q, k and v have biases (Qwen2 has them).
  package var hasBias: Bool
  /// Whether the output projection has a bias.
  package var hasOutputBias: Bool
  package var queryKeyNorm: QueryKeyNorm
  /// Whether each head has a learned logit that takes attention from all keys (GPT-OSS).
  package var hasSinks: Bool

  package init(
    heads: Int, kvHeads: Int, headSize: Int, hasBias: Bool = false, hasOutputBias: Bool = false,
    queryKeyNorm: QueryKeyNorm = .without, hasSinks: Bool = false
  ) {
    self.heads = heads
    self.kvHeads = kvHeads
    self.headSize = headSize
    self.hasBias = hasBias
    self.hasOutputBias = hasOutputBias
    self.queryKeyNorm = queryKeyNorm
    self.hasSinks = hasSinks
  }

  /// Width of the joined q, k and v projection.
  package var projectionWidth: Int { (heads + 2 * kvHeads) * headSize }
}

/// Layers whose tokens attend only to nearby ones.
package struct AttentionWindow: Hashable, Sendable {
  /// Tokens of a window, the attending one included.
  package var tokens: Int
  /// Whether windows are fixed chunks of the sequence (Llama 4); otherwise they slide.
  package var isChunked: Bool
  /// The layers with the window; the others attend to everything.
  package var layers: LayerChoice

  package init(tokens: Int, isChunked: Bool = false, layers: LayerChoice) {
    self.tokens = tokens
    self.isChunked = isChunked
    self.layers = layers
  }
}
