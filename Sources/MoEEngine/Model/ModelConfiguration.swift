// The architecture of a small DeepSeek-V3: multi-head latent attention, a few dense layers, then
// mixture-of-experts layers, and multi-token prediction (MTP) modules after the last.

import Routing

/// The sizes and rules of a model.
package struct ModelConfiguration: Hashable, Sendable {
  /// The order in which an MTP module concatenates the hidden state (before the final norm) and the
  /// embedding of a later token.
  package enum JoinOrder: Hashable, Sendable {
    /// Embedding, then hidden state, as in the published weights.
    case embeddingFirst
    /// Hidden state, then embedding, as in the paper.
    case hiddenFirst
  }

  /// Tokens in the vocabulary.
  package var vocabulary = 256
  /// Elements of the residual stream.
  package var width: Int
  /// Layers of the main model, including dense ones.
  package var layers: Int
  /// Leading layers with a dense feed-forward network.
  package var denseLayers = 1
  /// Attention heads.
  package var heads: Int
  /// Rank of the query's down-projection.
  package var queryRank: Int
  /// Rank of the joint down-projection of keys and values, the latent that is cached.
  package var keyValueRank: Int
  /// Elements of a head's query and key without rotary embedding.
  package var plainWidth: Int
  /// Elements of a head's query and key with rotary embedding; even.
  package var rotaryWidth: Int
  /// Elements of a head's value.
  package var valueWidth: Int
  /// Hidden elements of the dense feed-forward network.
  package var denseWidth: Int
  /// Hidden elements of one expert.
  package var expertWidth: Int
  /// Shared experts, which every token uses.
  package var sharedExperts = 1
  /// The rule that selects the routed experts of a token.
  package var gate: Gate
  /// The factor of the normalised weights of a token's experts.
  package var routeScale: Float = 2.5
  /// Added to the mean square in norms.
  package var normEpsilon: Float = 1e-6
  /// The rotary position embedding.
  package var rotary = RotaryEmbedding()
  /// Number of MTP modules.
  package var predictionModules = 1
  /// The concatenation order in MTP modules.
  package var joinOrder = JoinOrder.embeddingFirst

  /// A model of these sizes; everything else is as in DeepSeek-V3.
  package init(
    width: Int, layers: Int, heads: Int, queryRank: Int, keyValueRank: Int, plainWidth: Int,
    rotaryWidth: Int, valueWidth: Int, denseWidth: Int, expertWidth: Int, gate: Gate
  ) {
    self.width = width
    self.layers = layers
    self.heads = heads
    self.queryRank = queryRank
    self.keyValueRank = keyValueRank
    self.plainWidth = plainWidth
    self.rotaryWidth = rotaryWidth
    self.valueWidth = valueWidth
    self.denseWidth = denseWidth
    self.expertWidth = expertWidth
    self.gate = gate
  }

  /// Elements of a head's query and key.
  var headWidth: Int { plainWidth + rotaryWidth }
  /// Layers with experts in the main model.
  package var expertLayers: Int { layers - denseLayers }
  /// Routers of the model: one per layer with experts, then one per prediction module.
  package var routers: Int { expertLayers + predictionModules }

  /// Errors in the sizes; empty if they are valid.
  package var problems: [String] {
    let sizes = [
      ("vocabulary", vocabulary), ("width", width), ("layers", layers), ("heads", heads),
      ("query rank", queryRank), ("key-value rank", keyValueRank), ("plain width", plainWidth),
      ("rotary width", rotaryWidth), ("value width", valueWidth), ("dense width", denseWidth),
      ("expert width", expertWidth),
    ]
    var problems = sizes.filter { $0.1 < 1 }.map { "\($0.0) \($0.1) is not positive" }
    if rotaryWidth % 2 != 0 { problems.append("rotary width \(rotaryWidth) is odd") }
    if !(0...layers).contains(denseLayers) {
      problems.append("dense layers \(denseLayers): expected 0 to \(layers)")
    }
    if sharedExperts < 0 { problems.append("shared experts \(sharedExperts) is negative") }
    if predictionModules < 0 {
      problems.append("prediction modules \(predictionModules) is negative")
    }
    return problems
  }
}
