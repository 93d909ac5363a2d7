// The shape of a small DeepSeek-V3: MLA attention, some dense layers, then mixture-of-experts
// layers, and multi-token prediction modules behind the last.

import Routing

/// Sizes and rules of a model of the engine.
public struct ModelConfiguration: Hashable, Sendable {
  /// What the multi-token prediction module joins: the last layer's output before the final norm,
  /// and an embedding.
  public enum JoinOrder: Hashable, Sendable {
    /// The next token's embedding, then the hidden state (the published weights).
    case embeddingFirst
    /// The hidden state, then the embedding (as the paper prints it).
    case hiddenFirst
  }

  /// Tokens of the vocabulary.
  public var vocabulary = 256
  /// Elements of the residual stream.
  public var width: Int
  /// Layers of the main model, dense ones included.
  public var layers: Int
  /// Leading layers with a dense feed-forward network.
  public var denseLayers = 1
  /// Attention heads.
  public var heads: Int
  /// Rank of the query's down-projection.
  public var queryRank: Int
  /// Rank of the joint down-projection of keys and values: what the cache keeps.
  public var keyValueRank: Int
  /// Elements of a head's query and key without position.
  public var plainWidth: Int
  /// Elements of a head's query and key with rotary position, even.
  public var rotaryWidth: Int
  /// Elements of a head's value.
  public var valueWidth: Int
  /// Hidden elements of the dense feed-forward network.
  public var denseWidth: Int
  /// Hidden elements of one expert.
  public var expertWidth: Int
  /// Shared experts, which every token visits.
  public var sharedExperts = 1
  /// The rule that sends tokens to routed experts.
  public var gate: Gate
  /// What the normalised weights of a token's experts are multiplied by.
  public var routeScale: Float = 2.5
  /// Added to mean squares in norms.
  public var normEpsilon: Float = 1e-6
  /// How positions are turned into angles.
  public var rotary = RotaryEmbedding()
  /// Multi-token prediction modules.
  public var predictionModules = 1
  /// What a prediction module joins first.
  public var joinOrder = JoinOrder.embeddingFirst

  /// A model with the other settings of DeepSeek-V3.
  public init(
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
  public var expertLayers: Int { layers - denseLayers }
  /// Routers of the model: one for each layer with experts, then one for each prediction module.
  public var routers: Int { expertLayers + predictionModules }

  /// What is wrong with the sizes; empty where the model can be built.
  public var problems: [String] {
    let sizes = [
      ("vocabulary", vocabulary), ("width", width), ("layers", layers), ("heads", heads),
      ("query rank", queryRank), ("key-value rank", keyValueRank), ("plain width", plainWidth),
      ("rotary width", rotaryWidth), ("value width", valueWidth), ("dense width", denseWidth),
      ("expert width", expertWidth),
    ]
    var problems = sizes.filter { $0.1 < 1 }.map { "\($0.0) \($0.1) is not positive" }
    if rotaryWidth % 2 != 0 { problems.append("rotary width \(rotaryWidth) is odd") }
    if !(0...layers).contains(denseLayers) {
      problems.append("\(denseLayers) of \(layers) layers cannot be dense")
    }
    if sharedExperts < 0 { problems.append("\(sharedExperts) shared experts") }
    if predictionModules < 0 { problems.append("\(predictionModules) prediction modules") }
    return problems
  }
}
