// Parameters of a model, part by part, derived from its shape alone. Exact integers.

extension ModelSpec {
  /// Parameters of one layer's attention, its inner norms included.
  package var attentionParameters: Int {
    switch attention {
    case .latent(let a):
      hidden * a.queryRank + a.queryRank + a.queryRank * a.heads * a.queryHead
        + hidden * (a.kvRank + a.ropeHead) + a.kvRank
        + a.kvRank * a.heads * (a.nopeHead + a.valueHead) + a.heads * a.valueHead * hidden
    case .grouped(let a):
      2 * hidden * a.heads * a.headSize + 2 * hidden * a.kvHeads * a.headSize
        + (a.hasBias ? (a.heads + 2 * a.kvHeads) * a.headSize : 0)
    }
  }

  /// Attention parameters that enter matrix products: all but norms and biases.
  package var attentionLinearParameters: Int {
    switch attention {
    case .latent(let a): attentionParameters - a.queryRank - a.kvRank
    case .grouped(let a):
      attentionParameters - (a.hasBias ? (a.heads + 2 * a.kvHeads) * a.headSize : 0)
    }
  }

  /// Parameters of a dense feed-forward block with gate, up and down projections.
  package var denseFeedForwardParameters: Int { 3 * hidden * denseIntermediate }

  /// Parameters of one expert, routed or shared; 0 for a dense model.
  package var expertParameters: Int { 3 * hidden * (experts?.intermediate ?? 0) }

  /// Parameters of one layer's shared experts.
  package var sharedExpertParameters: Int { expertParameters * (experts?.shared ?? 0) }

  /// Parameters of one layer's routed experts.
  package var routedExpertParameters: Int { expertParameters * (experts?.routed ?? 0) }

  /// Router weights of one layer.
  package var gateWeightParameters: Int { hidden * (experts?.routed ?? 0) }

  /// Selection biases of one layer's router.
  package var gateBiasParameters: Int {
    (experts?.hasSelectionBias ?? false) ? (experts?.routed ?? 0) : 0
  }

  /// Parameters of a layer with a dense feed-forward block, its two norms included.
  package var denseLayerParameters: Int {
    attentionParameters + denseFeedForwardParameters + 2 * hidden
  }

  /// Parameters of a mixture-of-experts layer, its two norms included.
  package var expertLayerParameters: Int {
    expertLayerParametersOutsideExperts + routedExpertParameters
  }

  /// Parameters of a mixture-of-experts layer that every data-parallel replica holds.
  package var expertLayerParametersOutsideExperts: Int {
    attentionParameters + sharedExpertParameters + gateWeightParameters + gateBiasParameters
      + 2 * hidden
  }

  /// Parameters of the embedding; the head has the same number and is not tied to it.
  package var embeddingParameters: Int { vocabulary * hidden }

  /// Parameters of the main model: layers, embedding, head and final norm.
  package var mainParameters: Int {
    denseLayers * denseLayerParameters + (layers - denseLayers) * expertLayerParameters
      + 2 * embeddingParameters + hidden
  }

  /// Parameters that one MTP module adds besides its layer: projection of 2d to d and three norms.
  package var mtpProjectionParameters: Int { 2 * hidden * hidden + 3 * hidden }

  /// Parameters of one MTP module without the shared embedding and head.
  package var mtpParameters: Int {
    (experts == nil ? denseLayerParameters : expertLayerParameters) + mtpProjectionParameters
  }

  /// Parameters that a token uses in a layer of the same kind as the model's last layer.
  private var activeExpertLayerParameters: Int {
    expertLayerParametersOutsideExperts + expertParameters * (experts?.topK ?? 0)
  }

  /// Parameters that one token uses, embedding and head included.
  package var activeParameters: Int {
    denseLayers * denseLayerParameters + (layers - denseLayers) * activeExpertLayerParameters
      + 2 * embeddingParameters + hidden
  }

  /// Parameters of one MTP module that a token uses, embedding and head included.
  package var mtpActiveParameters: Int {
    (experts == nil ? denseLayerParameters : activeExpertLayerParameters)
      + mtpProjectionParameters + 2 * embeddingParameters
  }
}
