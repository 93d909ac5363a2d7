// Floating-point operations per token of a forward pass. A multiply-add counts as two; norms and
// activations count as none. A training step counts as three forwards, and one of an indexer, whose
// gradients are not the model's: recomputation is work, but not model FLOPs.

import Units

/// How attention over a context is counted.
package enum AttentionCount: Hashable, Sendable {
  /// Training or prefill of a sequence; each token attends to itself and all earlier tokens.
  case causal(sequence: Int)
  /// Training or prefill with the full square of the sequence, as many MFU figures count it.
  case full(sequence: Int)
  /// Decode of one token over a context, with up-projections absorbed into query and output (MLA).
  case absorbedDecode(context: Int)

  /// Keys that a token attends to among `keys`, averaged over the tokens.
  package func meanKeys(_ keys: AttendedKeys) -> Double {
    switch self {
    case .causal(let sequence): Double(keys.pairs(length: sequence)) / Double(sequence)
    case .full(let sequence): Double(keys == .all ? sequence : keys.kept(context: sequence))
    case .absorbedDecode(let context): Double(keys.keys(context: context))
    }
  }
}

extension LatentAttention {
  /// FLOPs of one query token of all heads on one cached latent, with up-projections absorbed.
  package var absorbedFLOPsPerKey: Int { 2 * heads * (2 * kvRank + ropeHead) }
}

extension SparseIndexer {
  /// FLOPs of the scores of one key; their weighted sum over heads is left out.
  package var scoreFLOPsPerKey: Int { 2 * heads * headSize }
}

extension ModelSpec {
  /// FLOPs of one layer's attention projections for one token.
  package var attentionLinearFLOPs: Double { 2 * Double(attentionLinearParameters) }

  /// FLOPs of the scores and the weighted sum of one layer for one token, those of an indexer
  /// included. Its scores cover every key, whichever keys it selects.
  package func attentionCoreFLOPs(_ count: AttentionCount, of kind: LayerKind = .moe) -> Double {
    let perKey: Int
    switch (attention, count) {
    case (.latent(let a), .absorbedDecode): perKey = a.absorbedFLOPsPerKey
    case (.latent(let a), _): perKey = 2 * a.heads * (a.queryHead + a.valueHead)
    case (.grouped(let a), _): perKey = 2 * a.heads * 2 * a.headSize
    }
    let core = Double(perKey) * count.meanKeys(attendedKeys(of: kind))
    guard let indexer = attention.indexer else { return core }
    return core + Double(indexer.scoreFLOPsPerKey) * count.meanKeys(.all)
  }

  /// FLOPs of a dense feed-forward block for one token.
  package var denseFeedForwardFLOPs: Double { 2 * Double(denseFeedForwardParameters) }

  /// FLOPs of a mixture-of-experts block for one token: shared and routed experts and router.
  package var expertFeedForwardFLOPs: Double {
    guard let experts else { return 0 }
    let width = experts.sharedWidth + experts.topK * experts.intermediate
    return 2 * Double(3 * hidden * width + gateWeightParameters)
  }

  /// FLOPs of the output head for one token.
  package var headFLOPs: Double { 2 * Double(embeddingParameters) }

  /// FLOPs of the main model's forward pass for one token.
  package func forwardFLOPs(_ count: AttentionCount) -> Double {
    LayerKind.layers.reduce(linearFLOPs) { sum, kind in
      let layers = layerKinds.count { $0 == kind }
      return layers == 0 ? sum : sum + Double(layers) * attentionCoreFLOPs(count, of: kind)
    }
  }

  /// The part of `forwardFLOPs` that does not depend on the context.
  package var linearFLOPs: Double {
    Double(layers) * attentionLinearFLOPs + Double(denseLayers) * denseFeedForwardFLOPs
      + Double(expertLayers) * expertFeedForwardFLOPs + headFLOPs
  }

  /// FLOPs of one MTP module's forward pass for one token.
  package func mtpForwardFLOPs(_ count: AttentionCount) -> Double {
    let kind = mtpLayerKind
    return 4 * Double(hidden) * Double(hidden) + attentionLinearFLOPs
      + attentionCoreFLOPs(count, of: kind)
      + (kind.hasExperts ? expertFeedForwardFLOPs : denseFeedForwardFLOPs) + headFLOPs
  }

  /// FLOPs of one layer's indexer for one token: its projections and scores.
  package func indexerFLOPs(_ count: AttentionCount) -> Double {
    guard case .latent(let latent) = attention, let indexer = latent.indexer else { return 0 }
    let queries = indexer.heads * indexer.headSize * (latent.queryRank ?? hidden)
    let weights = queries + (indexer.headSize + indexer.heads) * hidden
    return 2 * Double(weights) + Double(indexer.scoreFLOPsPerKey) * count.meanKeys(.all)
  }

  /// FLOPs of training the main model on one token: forward, input and weight gradients. An indexer
  /// is detached from the model's loss: it only runs forward.
  package func trainingFLOPs(_ count: AttentionCount) -> Double {
    3 * forwardFLOPs(count) - 2 * Double(layers) * indexerFLOPs(count)
  }
}
