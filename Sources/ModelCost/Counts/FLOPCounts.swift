// Floating-point operations per token of a forward pass. A multiply-add counts as two; norms and
// activations count as none. A training step counts as three forwards: recomputation is work, but
// not model FLOPs.

import Units

/// How attention over a context is counted.
package enum AttentionCount: Hashable, Sendable {
  /// Training or prefill of a sequence; each token attends to itself and all earlier tokens.
  case causal(sequence: Int)
  /// Training or prefill with the full square of the sequence, as many MFU figures count it.
  case full(sequence: Int)
  /// Decode of one token over a context, with up-projections absorbed into query and output (MLA).
  case absorbedDecode(context: Int)

  /// Keys that a token's query attends to, averaged over the tokens.
  package var meanContext: Double {
    switch self {
    case .causal(let sequence): Double(sequence + 1) / 2
    case .full(let sequence): Double(sequence)
    case .absorbedDecode(let context): Double(context)
    }
  }
}

extension ModelSpec {
  /// FLOPs of one layer's attention projections for one token.
  package var attentionLinearFLOPs: Double { 2 * Double(attentionLinearParameters) }

  /// FLOPs of one layer's scores and weighted sum for one token.
  package func attentionCoreFLOPs(_ count: AttentionCount) -> Double {
    let perKey: Int
    switch (attention, count) {
    case (.latent(let a), .absorbedDecode):
      perKey = 2 * a.heads * (2 * a.kvRank + a.ropeHead)
    case (.latent(let a), _):
      perKey = 2 * a.heads * (a.queryHead + a.valueHead)
    case (.grouped(let a), _):
      perKey = 2 * a.heads * 2 * a.headSize
    }
    return Double(perKey) * count.meanContext
  }

  /// FLOPs of a dense feed-forward block for one token.
  package var denseFeedForwardFLOPs: Double { 2 * Double(denseFeedForwardParameters) }

  /// FLOPs of a mixture-of-experts block for one token: shared and routed experts and router.
  package var expertFeedForwardFLOPs: Double {
    let visited = (experts?.shared ?? 0) + (experts?.topK ?? 0)
    return 2 * Double(expertParameters * visited + gateWeightParameters)
  }

  /// FLOPs of the output head for one token.
  package var headFLOPs: Double { 2 * Double(embeddingParameters) }

  /// FLOPs of the main model's forward pass for one token.
  package func forwardFLOPs(_ count: AttentionCount) -> Double {
    linearFLOPs + Double(layers) * attentionCoreFLOPs(count)
  }

  /// The part of `forwardFLOPs` that does not depend on the context.
  package var linearFLOPs: Double {
    Double(layers) * attentionLinearFLOPs + Double(denseLayers) * denseFeedForwardFLOPs
      + Double(layers - denseLayers) * expertFeedForwardFLOPs + headFLOPs
  }

  /// FLOPs of one MTP module's forward pass for one token.
  package func mtpForwardFLOPs(_ count: AttentionCount) -> Double {
    let feedForward = experts == nil ? denseFeedForwardFLOPs : expertFeedForwardFLOPs
    return 4 * Double(hidden) * Double(hidden) + attentionLinearFLOPs + attentionCoreFLOPs(count)
      + feedForward + headFLOPs
  }

  /// FLOPs of training the main model on one token: forward, input and weight gradients.
  package func trainingFLOPs(_ count: AttentionCount) -> Double { 3 * forwardFLOPs(count) }
}
