// The mixture-of-experts part of a model.

/// Routed and shared experts of the layers that have them.
package struct ExpertSpec: Hashable, Sendable {
  /// How a router converts logits into scores.
  package enum Gate: String, CaseIterable, Hashable, Sendable {
    /// A separate score for each expert (DeepSeek-V3), or scores normalised over all experts.
    case sigmoid
    case softmax
  }

  /// The layers with experts; the others are dense.
  package var layers: LayerChoice
  /// Routed experts per layer.
  package var routed: Int
  /// Shared experts per layer.
  package var shared: Int
  /// Inner width of one shared expert.
  package var sharedIntermediate: Int
  /// Routed experts that a token visits.
  package var topK: Int
  /// Inner width of one routed expert.
  package var intermediate: Int
  /// Groups of experts for group-limited routing; 1 if there are none.
  package var groups: Int
  /// Groups that a token may visit; equal to `groups` if routing is not limited.
  package var groupLimit: Int
  package var gate: Gate
  /// Whether the gate adds a learned bias for selection (loss-free balancing).
  package var hasSelectionBias: Bool
  /// Whether the projections of experts and router have biases (GPT-OSS).
  package var hasBias: Bool

  /// Describes the experts; without `sharedIntermediate`, shared ones are as wide as routed ones.
  package init(
    layers: LayerChoice, routed: Int, shared: Int, sharedIntermediate: Int? = nil, topK: Int,
    intermediate: Int, groups: Int = 1, groupLimit: Int = 1, gate: Gate,
    hasSelectionBias: Bool = false, hasBias: Bool = false
  ) {
    self.layers = layers
    self.routed = routed
    self.shared = shared
    self.sharedIntermediate = sharedIntermediate ?? intermediate
    self.topK = topK
    self.intermediate = intermediate
    self.groups = groups
    self.groupLimit = groupLimit
    self.gate = gate
    self.hasSelectionBias = hasSelectionBias
    self.hasBias = hasBias
  }

  /// Inner width of a layer's shared experts together.
  package var sharedWidth: Int { shared * sharedIntermediate }
}
