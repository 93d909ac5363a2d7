// Parameters and activations of each kind of block on one GPU, for one microbatch.

import ModelCost

/// Parameters and activations of each kind of block on one GPU. Embedding and head are shared by
/// the blocks of a rank and counted with the rank.
struct BlockCounts {
  private let spec: TrainingSpec
  private let model: ModelSpec
  /// The GPU's share of the model within its tensor group.
  private let share: ModelSpec

  init(spec: TrainingSpec, model: ModelSpec) {
    self.spec = spec
    self.model = model
    share = model.tensorShare(spec.layout.tensor)
  }

  func fill(_ cost: inout BlockCost, kind: LayerKind) {
    let tokens = Double(spec.contextTokens)
    let own = Double(spec.ownTokens)
    let hidden = Double(model.hidden)
    switch kind {
    case .embedding:
      cost.activationBytes = tokens * 4
    case .dense:
      cost.replicatedParameters = Double(share.denseLayerParameters)
      cost.duplicatedParameters = duplicates(isExpertLayer: false)
      cost.activationBytes = tokens * layerBytes(isExpertLayer: false)
    case .moe:
      let experts = Double(model.routedExpertParameters)
      let shared = Double(model.sharedExpertParameters)
      cost.replicatedParameters =
        Double(share.expertLayerParameters) - experts
        - (shared - shared / Double(spec.layout.tensor))
      cost.duplicatedParameters = duplicates(isExpertLayer: true)
      cost.expertParameters = experts / Double(spec.layout.expert)
      cost.activationBytes = tokens * layerBytes(isExpertLayer: true)
      cost.rowActivationBytes =
        tokens
        * model.rowActivationBytesPerToken(
          policy: spec.activations, sharding: spec.layout.sharding)
    case .head:
      // The normed input, and the logits, which their gradient overwrites, both in BF16.
      cost.duplicatedParameters = hidden
      cost.activationBytes = own * 2 * hidden + tokens * 2 * Double(share.vocabulary)
    case .mtp:
      // The projection's input is kept.
      let norms = 3 * hidden
      cost.replicatedParameters =
        norms + (Double(model.mtpProjectionParameters) - norms) / Double(spec.layout.tensor)
      cost.duplicatedParameters = norms
      cost.activationBytes = own * hidden * 2 * Double(1 + spec.activations.cached.bytes)
    }
  }

  /// Parameters of a layer that every GPU of a tensor group holds: norms, MLA's down-projections,
  /// the router. If tokens are divided, each GPU has a different part of their gradients.
  private func duplicates(isExpertLayer: Bool) -> Double {
    var count = 2 * model.hidden
    if case .latent(let mla) = model.attention {
      count += mla.queryRank + mla.kvRank
      count += model.hidden * (mla.queryRank + mla.kvRank + mla.ropeHead)
    }
    if isExpertLayer { count += model.gateWeightParameters + model.gateBiasParameters }
    return Double(count)
  }

  private func layerBytes(isExpertLayer: Bool) -> Double {
    model.activationBytesPerToken(
      isExpertLayer: isExpertLayer, policy: spec.activations, sharding: spec.layout.sharding)
  }
}
