// The shape of a transformer, as given in its config file; nothing is measured.

import Facts

/// A decoder-only transformer, dense or mixture of experts.
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
  /// Layers whose tokens attend to a window; nil if all attend to everything before them.
  package var window: AttentionWindow?
  /// Inner width of the dense feed-forward layers.
  package var denseIntermediate: Int
  /// Nil for a dense model.
  package var experts: ExpertSpec?
  /// Multi-token prediction modules. Each has one layer and a projection, and shares embedding and
  /// head.
  package var mtpModules: Int
  /// Whether the head multiplies with the embedding's weights.
  package var tiesEmbedding: Bool
  /// How the weights are published.
  package var weights: WeightScheme
  /// Source of the shape.
  package var source: SourceText

  package init(
    name: String, hidden: Int, layers: Int, vocabulary: Int, attention: AttentionSpec,
    window: AttentionWindow? = nil, denseIntermediate: Int, experts: ExpertSpec?, mtpModules: Int,
    tiesEmbedding: Bool = false, weights: WeightScheme = .bf16, source: SourceText
  ) {
    self.name = name
    self.hidden = hidden
    self.layers = layers
    self.vocabulary = vocabulary
    self.attention = attention
    self.window = window
    self.denseIntermediate = denseIntermediate
    self.experts = experts
    self.mtpModules = mtpModules
    self.tiesEmbedding = tiesEmbedding
    self.weights = weights
    self.source = source
  }

  /// The kind of a layer, counted from 0.
  package func kind(ofLayer layer: Int) -> LayerKind {
    LayerKind(
      hasExperts: experts?.layers.contains(layer) ?? false,
      hasWindow: window?.layers.contains(layer) ?? false)
  }

  /// The kinds of all layers in order.
  package var layerKinds: [LayerKind] { (0..<layers).map(kind(ofLayer:)) }

  /// The kind of the layer of an MTP module: that of the last layer.
  package var mtpLayerKind: LayerKind { kind(ofLayer: layers - 1) }

  /// Layers with experts, without those of MTP modules.
  package var expertLayers: Int { layerKinds.count { $0.hasExperts } }

  /// Layers with a dense feed-forward.
  package var denseLayers: Int { layers - expertLayers }
}
