// Activations that a layer keeps for its backward pass, element by element. The list of elements is
// this project's own accounting; no report publishes one.

/// One tensor that a forward pass produces and a backward pass reads.
package struct ActivationElement: Hashable, Sendable {
  /// Name of the tensor, for lists.
  package var name: String
  /// Elements per token; FP32 tensors count twice, so that bytes are 2 x elements in BF16.
  package var elements: Int
  /// The part in rows of the routed experts. A GPU holds it for the rows that it receives, which
  /// equal the rows that it sends only if loads are balanced.
  package var rowElements: Int
  /// The choice that makes it unnecessary to keep this tensor, if any.
  package var recomputedBy: ActivationPolicy.Recompute?
  /// Whether the tensor is kept in the policy's cached format.
  package var isCached: Bool
  /// Whether it lies between the sharded tensors of a tensor group, so that only its tokens can be
  /// divided.
  package var isBetween: Bool

  init(
    _ name: String, _ elements: Int, ofRows rowElements: Int = 0,
    recomputedBy: ActivationPolicy.Recompute? = nil, isCached: Bool = false, isBetween: Bool = false
  ) {
    self.name = name
    self.elements = elements
    self.rowElements = rowElements
    self.recomputedBy = recomputedBy
    self.isCached = isCached
    self.isBetween = isBetween
  }
}

extension ModelSpec {
  /// Activations of one layer per token, attention first.
  package func activationElements(isExpertLayer: Bool) -> [ActivationElement] {
    attentionActivations + feedForwardActivations(isExpertLayer: isExpertLayer)
  }

  /// Bytes that one layer keeps per token under a policy, including FP8 scales (4 B per 128), on
  /// one GPU, for each token of the sequences or parts that it works on.
  package func activationBytesPerToken(
    isExpertLayer: Bool, policy: ActivationPolicy, sharding: LayerSharding = .none
  ) -> Double {
    bytes(
      tensorShare(sharding.tensor).activationElements(isExpertLayer: isExpertLayer), policy,
      sharding.tokenShards, \.elements)
  }

  /// The part of an expert layer's bytes in rows of routed experts, per token that a GPU would hold
  /// under balanced loads.
  package func rowActivationBytesPerToken(
    policy: ActivationPolicy, sharding: LayerSharding = .none
  ) -> Double {
    bytes(
      tensorShare(sharding.tensor).activationElements(isExpertLayer: true), policy,
      sharding.tokenShards, \.rowElements)
  }

  private func bytes(
    _ list: [ActivationElement], _ policy: ActivationPolicy, _ tokenShards: Int,
    _ count: KeyPath<ActivationElement, Int>
  ) -> Double {
    var bytes = 0.0
    for element in list {
      if let choice = element.recomputedBy, policy.recompute.contains(choice) { continue }
      let isCompact = element.isCached && policy.cached == .fp8
      let kept = Double(element[keyPath: count]) * (isCompact ? 1 + 4.0 / 128 : 2)
      bytes += element.isBetween ? kept / Double(tokenShards) : kept
    }
    return bytes
  }

  private var attentionActivations: [ActivationElement] {
    switch attention {
    case .latent(let a):
      [
        ActivationElement("residual_in", hidden, isBetween: true),
        ActivationElement("attn_norm_out", hidden, recomputedBy: .rmsnorm, isBetween: true),
      ] + (a.queryRank.map(queryLatents) ?? []) + [
        ActivationElement("q", a.heads * a.queryHead, recomputedBy: .attentionUpProjection),
        ActivationElement("ckv", a.kvRank + a.ropeHead, isBetween: true),
        ActivationElement("ckv_norm", a.kvRank, recomputedBy: .rmsnorm, isBetween: true),
        ActivationElement("k", a.heads * a.queryHead, recomputedBy: .attentionUpProjection),
        ActivationElement("v", a.heads * a.valueHead, recomputedBy: .attentionUpProjection),
        ActivationElement("attn_out", a.heads * a.valueHead),
        ActivationElement("lse_fp32_x2", 2 * a.heads),
      ]
    case .grouped(let a):
      [
        ActivationElement("residual_in", hidden, isBetween: true),
        ActivationElement("attn_norm_out", hidden, recomputedBy: .rmsnorm, isBetween: true),
        ActivationElement("q", a.heads * a.headSize, recomputedBy: .attentionUpProjection),
        ActivationElement("k", a.kvHeads * a.headSize, recomputedBy: .attentionUpProjection),
        ActivationElement("v", a.kvHeads * a.headSize, recomputedBy: .attentionUpProjection),
        ActivationElement("attn_out", a.heads * a.headSize),
        ActivationElement("lse_fp32_x2", 2 * a.heads),
      ]
    }
  }

  private func queryLatents(_ rank: Int) -> [ActivationElement] {
    [
      ActivationElement("cq", rank, isBetween: true),
      ActivationElement("cq_norm", rank, recomputedBy: .rmsnorm, isBetween: true),
    ]
  }

  private func feedForwardActivations(isExpertLayer: Bool) -> [ActivationElement] {
    let common = [
      ActivationElement("ffn_residual_in", hidden, isBetween: true),
      ActivationElement("ffn_norm_out", hidden, recomputedBy: .rmsnorm, isBetween: true),
    ]
    guard isExpertLayer, let experts else {
      return common + [
        ActivationElement("up_gate", 2 * denseIntermediate, isCached: true),
        ActivationElement("swiglu_out", denseIntermediate, recomputedBy: .swiglu),
      ]
    }
    let width = experts.topK * experts.intermediate
    let rows = experts.topK * hidden
    return common + [
      ActivationElement("dispatched_in", rows, ofRows: rows, isCached: true, isBetween: true),
      ActivationElement(
        "routed_up_gate", 2 * width, ofRows: 2 * width, isCached: true, isBetween: true),
      ActivationElement(
        "routed_swiglu_out", width, ofRows: width, recomputedBy: .swiglu, isBetween: true),
      ActivationElement(
        "expert_out", rows, ofRows: rows, recomputedBy: .expertOutput, isBetween: true),
      ActivationElement("shared_up_gate", 2 * experts.sharedWidth, isCached: true),
      ActivationElement("shared_swiglu_out", experts.sharedWidth, recomputedBy: .swiglu),
      ActivationElement("gate_scores_fp32_x2", 2 * experts.routed, isBetween: true),
    ]
  }
}
