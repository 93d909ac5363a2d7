// Parameters and activations of each kind of block on one GPU, for one microbatch.

import ModelCost

/// Parameters and activations of each kind of block on one GPU. Embedding and head are shared by
/// the blocks of a rank and counted with the rank.
struct BlockCounts {
  private let spec: TrainingSpec
  private let model: ModelSpec
  /// The GPU's share of the model.
  private let share: WeightShare

  init(spec: TrainingSpec, model: ModelSpec) {
    self.spec = spec
    self.model = model
    share = spec.layout.weightShare(of: model)
  }

  func fill(_ cost: inout BlockCost, kind: LayerKind) {
    let tokens = Double(spec.contextTokens)
    let own = Double(spec.ownTokens)
    let hidden = Double(model.hidden)
    if kind != .embedding && kind != .head {
      let weights = model.weights(of: kind, share)
      cost.duplicatedParameters = Double(weights.elements(.whole))
      cost.parameters.add(weights, spec.precision)
    }
    cost.unitParameters = cost.parameters
    cost.unitParameters.add(ends(of: kind), spec.precision)
    cost.unitWithoutMatrix = cost.parameters
    cost.unitWithoutMatrix.add(ends(of: kind).filter { $0.rows == 1 }, spec.precision)
    if LayerKind.layers.contains(kind), model.keyValueCopies(spec.layout.tensor) > 1 {
      cost.copiedParameters = Double(model.keyValueHeadParameters)
    }
    switch kind {
    case .embedding:
      cost.activationBytes = tokens * 4
    case .dense, .denseWindowed, .moe, .moeWindowed:
      let layer = model.layerActivations(
        isExpertLayer: kind.hasExperts, policy: spec.activations, recipe: spec.precision.recipe,
        sharding: spec.layout.sharding)
      cost.activationBytes = tokens * layer.kept
      cost.rowActivationBytes = tokens * layer.keptRows
      cost.inputBytes = tokens * layer.input
      cost.recomputedBytes = tokens * layer.recomputed
      let recompute = spec.activations.recompute
      cost.recomputed =
        kind.hasExperts
        ? (recompute.contains(.moe) ? .experts : nil) : (recompute.contains(.mlp) ? .dense : nil)
    case .head:
      // The inputs of norm and product, and the gradient of the logits, all in BF16.
      let vocabulary = model.tensorShare(spec.layout.tensor).vocabulary
      cost.activationBytes = own * 4 * hidden + tokens * 2 * Double(vocabulary)
    case .mtp:
      // The projection's input is kept; products in BF16 read no other format.
      let input = spec.precision.recipe == .bf16 ? Precision.bf16 : spec.activations.cached
      cost.activationBytes = own * hidden * 2 * Double(1 + input.bytes)
    }
  }

  /// The weights of embedding or head that a kind of block multiplies with.
  private func ends(of kind: LayerKind) -> [WeightTensor] {
    switch kind {
    case .embedding, .mtp: model.weights(of: .embedding, share)
    case .head: model.weights(of: .head, share)
    case .dense, .moe, .denseWindowed, .moeWindowed: []
    }
  }
}
