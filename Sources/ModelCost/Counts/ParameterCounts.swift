// Parameters of a model, part by part, derived from its shape alone. Exact integers.

extension ModelSpec {
  /// Parameters of one layer's attention, its inner norms and the indexer included.
  package var attentionParameters: Int { attentionInnerWeights.elements }

  /// Attention parameters that enter matrix products: all but norms, biases and sinks.
  package var attentionLinearParameters: Int { attentionInnerWeights.productElements }

  /// Parameters of a dense feed-forward block with gate, up and down projections.
  package var denseFeedForwardParameters: Int { 3 * hidden * denseIntermediate }

  /// Parameters of one routed expert, its biases included; 0 for a dense model.
  package var expertParameters: Int {
    guard let experts else { return 0 }
    let biases = experts.hasBias ? 2 * experts.intermediate + hidden : 0
    return 3 * hidden * experts.intermediate + biases
  }

  /// Parameters of one layer's shared experts.
  package var sharedExpertParameters: Int { 3 * hidden * (experts?.sharedWidth ?? 0) }

  /// Parameters of one layer's routed experts.
  package var routedExpertParameters: Int { expertParameters * (experts?.routed ?? 0) }

  /// Router weights of one layer.
  package var gateWeightParameters: Int { hidden * (experts?.routed ?? 0) }

  /// Selection biases, or biases of the logits, of one layer's router.
  package var gateBiasParameters: Int {
    guard let experts, experts.hasSelectionBias || experts.hasBias else { return 0 }
    return experts.routed
  }

  /// Parameters of a layer with a dense feed-forward block, its two norms included.
  package var denseLayerParameters: Int { weights(of: .dense).elements }

  /// Parameters of a mixture-of-experts layer, its two norms included.
  package var expertLayerParameters: Int { weights(of: .moe).elements }

  /// Parameters of the embedding; a head that is not tied has the same number.
  package var embeddingParameters: Int { vocabulary * hidden }

  /// Parameters of the main model: layers, embedding, head and final norm.
  package var mainParameters: Int {
    denseLayers * denseLayerParameters + expertLayers * expertLayerParameters + endParameters
  }

  private var endParameters: Int { (tiesEmbedding ? 1 : 2) * embeddingParameters + hidden }

  /// Parameters of one MTP module without the shared embedding and head: its layer, the projection
  /// of 2d to d and three norms.
  package var mtpParameters: Int {
    weights(of: mtpLayerKind).elements + weights(of: .mtp).elements
  }

  /// Parameters of routed experts that a token does not visit in a layer.
  private var idleExpertParameters: Int {
    expertParameters * ((experts?.routed ?? 0) - (experts?.topK ?? 0))
  }

  /// Parameters that one token uses, embedding and head included: all but the experts that it does
  /// not visit.
  package var activeParameters: Int { mainParameters - expertLayers * idleExpertParameters }

  /// The same without the input embedding, of which a token reads one row; equal if the head uses
  /// the embedding's weights.
  package var activeParametersWithoutEmbedding: Int {
    activeParameters - (tiesEmbedding ? 0 : embeddingParameters)
  }

  /// Parameters of one MTP module that a token uses, embedding and head included.
  package var mtpActiveParameters: Int {
    mtpParameters - (mtpLayerKind.hasExperts ? idleExpertParameters : 0) + 2 * embeddingParameters
  }

  /// Parameters with all MTP modules, which share embedding and head.
  package var parametersWithMTP: Int { mainParameters + mtpModules * mtpParameters }
}
