// The shape of a transformer, as given in its config file; nothing is measured.

import Facts

/// A decoder-only transformer, dense or mixture of experts.
///
/// Legend: d hidden size, H heads, rq/rkv low ranks of MLA, dn/dr/dv head sizes.
package struct ModelSpec: Hashable, Sendable {
  /// Catalogue name, for example `deepseek-v3`.
  package var name: String
  /// Hidden size d.
  package var hidden: Int
  /// Transformer layers, dense and mixture of experts together, without MTP modules.
  package var layers: Int
  /// Vocabulary size of embedding and head.
  package var vocabulary: Int
  package var attention: AttentionSpec
  /// Inner width of the dense feed-forward layers.
  package var denseIntermediate: Int
  /// Nil for a dense model.
  package var experts: ExpertSpec?
  /// Multi-token prediction modules. Each has one layer and a projection, and shares embedding and
  /// head.
  package var mtpModules: Int
  /// Source of the shape.
  package var source: SourceText

  package init(
    name: String, hidden: Int, layers: Int, vocabulary: Int, attention: AttentionSpec,
    denseIntermediate: Int, experts: ExpertSpec?, mtpModules: Int, source: SourceText
  ) {
    self.name = name
    self.hidden = hidden
    self.layers = layers
    self.vocabulary = vocabulary
    self.attention = attention
    self.denseIntermediate = denseIntermediate
    self.experts = experts
    self.mtpModules = mtpModules
    self.source = source
  }

  /// Layers with a dense feed-forward; they come first.
  package var denseLayers: Int { experts?.denseLayers ?? layers }
}

/// The kind of attention of a layer.
package enum AttentionSpec: Hashable, Sendable {
  /// Multi-head latent attention (DeepSeek-V2 and V3).
  case latent(LatentAttention)
  /// Multi-head or grouped-query attention.
  case grouped(GroupedAttention)
}

/// Multi-head latent attention: low-rank queries, one compressed KV vector, a decoupled rope key.
package struct LatentAttention: Hashable, Sendable {
  /// Query heads; each has keys and values of its own.
  package var heads: Int
  /// Rank of the query compression rq.
  package var queryRank: Int
  /// Rank of the KV compression rkv.
  package var kvRank: Int
  /// Head size without position dn.
  package var nopeHead: Int
  /// Head size with rotary position dr.
  package var ropeHead: Int
  /// Value head size dv.
  package var valueHead: Int

  package init(
    heads: Int, queryRank: Int, kvRank: Int, nopeHead: Int, ropeHead: Int, valueHead: Int
  ) {
    self.heads = heads
    self.queryRank = queryRank
    self.kvRank = kvRank
    self.nopeHead = nopeHead
    self.ropeHead = ropeHead
    self.valueHead = valueHead
  }

  /// Query and key size of a head, dn + dr.
  package var queryHead: Int { nopeHead + ropeHead }
}

/// Grouped-query attention; multi-head if `kvHeads == heads`.
package struct GroupedAttention: Hashable, Sendable {
  /// Query heads.
  package var heads: Int
  /// Heads of keys and values; divides `heads`.
  package var kvHeads: Int
  /// Size of a head, the same for queries, keys and values.
  package var headSize: Int
  /// Whether the projections of q, k and v have biases (Qwen2 has them).
  package var hasBias: Bool

  package init(heads: Int, kvHeads: Int, headSize: Int, hasBias: Bool = false) {
    self.heads = heads
    self.kvHeads = kvHeads
    self.headSize = headSize
    self.hasBias = hasBias
  }
}

/// The mixture-of-experts part of a model.
package struct ExpertSpec: Hashable, Sendable {
  /// How a router converts logits into scores.
  package enum Gate: String, CaseIterable, Hashable, Sendable {
    /// A separate score for each expert (DeepSeek-V3), or scores normalised over all experts.
    case sigmoid
    case softmax
  }

  /// Number of leading layers that are dense.
  package var denseLayers: Int
  /// Routed experts per layer.
  package var routed: Int
  /// Shared experts, each of `intermediate` width.
  package var shared: Int
  /// Routed experts that a token visits.
  package var topK: Int
  /// Inner width of one expert.
  package var intermediate: Int
  /// Groups of experts for group-limited routing; 1 if there are none.
  package var groups: Int
  /// Groups that a token may visit; equal to `groups` if routing is not limited.
  package var groupLimit: Int
  package var gate: Gate
  /// Whether the gate adds a learned bias for selection (loss-free balancing).
  package var hasSelectionBias: Bool

  package init(
    denseLayers: Int, routed: Int, shared: Int, topK: Int, intermediate: Int, groups: Int,
    groupLimit: Int, gate: Gate, hasSelectionBias: Bool
  ) {
    self.denseLayers = denseLayers
    self.routed = routed
    self.shared = shared
    self.topK = topK
    self.intermediate = intermediate
    self.groups = groups
    self.groupLimit = groupLimit
    self.gate = gate
    self.hasSelectionBias = hasSelectionBias
  }
}
