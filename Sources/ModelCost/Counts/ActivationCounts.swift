// Activations that a layer keeps for its backward pass, element by element. The list of elements is
// this project's own accounting; no report publishes one.

/// One tensor that a forward pass produces and a backward pass reads.
package struct ActivationElement: Hashable, Sendable {
  /// What a tensor is kept for, which decides on its format.
  package enum Form: Hashable, Sendable {
    /// Always in BF16, FP32 tensors as two elements.
    case bf16
    /// The input of a matrix product.
    case productInput
    /// The input of a feed-forward, in BF16 if that is recomputed from it.
    case feedForwardInput(ActivationPolicy.Recompute)
    /// Attention's output: the input of a product, and in BF16 of attention's backward.
    case attentionOutput
    /// The inputs of SwiGLU, in the policy's cached format unless the feed-forward is recomputed.
    case swigluInput(ActivationPolicy.Recompute)
    /// Dispatched tokens: the input of a product, or in the policy's cached format.
    case dispatched
  }

  /// Name of the tensor, for lists.
  package var name: String
  /// Elements per token; FP32 tensors count twice, so that bytes are 2 x elements in BF16.
  package var elements: Int
  /// The part in rows of the routed experts. A GPU holds it for the rows that it receives, which
  /// equal the rows that it sends only if loads are balanced.
  package var rowElements: Int
  /// The choices that make it unnecessary to keep this tensor.
  package var recomputedBy: Set<ActivationPolicy.Recompute>
  package var form: Form
  /// Whether it lies between the sharded tensors of a tensor group, so that only its tokens can be
  /// divided.
  package var isBetween: Bool

  init(
    _ name: String, _ elements: Int, ofRows rowElements: Int = 0,
    recomputedBy: Set<ActivationPolicy.Recompute> = [], _ form: Form = .bf16,
    isBetween: Bool = false
  ) {
    self.name = name
    self.elements = elements
    self.rowElements = rowElements
    self.recomputedBy = recomputedBy
    self.form = form
    self.isBetween = isBetween
  }

  /// Bytes of an element under a policy.
  fileprivate func bytesPerElement(_ policy: ActivationPolicy, _ recipe: PrecisionRecipe) -> Double
  {
    let input = recipe.keptInputBytes
    func bytes(_ format: Precision) -> Double { format == .fp8 ? PrecisionRecipe.tileBytes : 2 }
    return switch form {
    case .bf16: 2
    case .productInput: input
    case .feedForwardInput(let choice): policy.recompute.contains(choice) ? 2 : input
    case .attentionOutput: input == 2 ? 2 : 2 + input
    case .swigluInput(let choice): bytes(policy.keptSwiGLUInputs(of: choice))
    case .dispatched: recipe.keepsQuantisedInputs ? input : bytes(policy.keptTokens(recipe))
    }
  }
}

/// Bytes of one layer's activations on one GPU, for each token of the sequences or parts that it
/// works on.
package struct LayerActivationBytes: Hashable, Sendable {
  /// What is kept from the forward to the backward.
  package var kept = 0.0
  /// The part of it in rows of routed experts.
  package var keptRows = 0.0
  /// What the recomputation of a whole feed-forward holds besides, while the layer's backward runs.
  package var recomputed = 0.0
  /// The input of the layer, which is kept even if the whole layer is recomputed.
  package var input = 0.0
}

extension ModelSpec {
  /// Activations of one layer per token, attention first.
  ///
  /// - Parameters:
  ///   - isExpertLayer: whether the layer has experts.
  ///   - rowCopies: GPUs that each hold the rows of all of them: those that share each routed
  ///     expert's width.
  package func activationElements(
    isExpertLayer: Bool, rowCopies: Int = 1
  ) -> [ActivationElement] {
    attentionActivations
      + feedForwardActivations(isExpertLayer: isExpertLayer, rowCopies: rowCopies)
  }

  /// Bytes that one layer keeps per token under a policy, including FP8 scales (4 B per 128), on
  /// one GPU, for each token of the sequences or parts that it works on.
  package func activationBytesPerToken(
    isExpertLayer: Bool, policy: ActivationPolicy, sharding: LayerSharding = .none
  ) -> Double {
    layerActivations(isExpertLayer: isExpertLayer, policy: policy, sharding: sharding).kept
  }

  /// What a layer that is not recomputed as a whole holds.
  package func layerActivations(
    isExpertLayer: Bool, policy: ActivationPolicy, recipe: PrecisionRecipe = .deepseek,
    sharding: LayerSharding
  ) -> LayerActivationBytes {
    var result = LayerActivationBytes()
    for element in self.share(sharding).activationElements(
      isExpertLayer: isExpertLayer, rowCopies: sharding.expertTensor)
    {
      let one =
        element.bytesPerElement(policy, recipe)
        / Double(element.isBetween ? sharding.tokenShards : 1)
      let bytes = Double(element.elements) * one
      if element.name == "residual_in" { result.input = bytes }
      let choices = element.recomputedBy.intersection(policy.recompute)
      if choices.isEmpty {
        result.kept += bytes
        result.keptRows += Double(element.rowElements) * one
      } else if !choices.isDisjoint(with: [.mlp, .moe]) {
        result.recomputed += bytes
      }
    }
    return result
  }

  /// Bytes of each kept tensor of a layer, per token as above.
  package func keptActivations(
    isExpertLayer: Bool, policy: ActivationPolicy, recipe: PrecisionRecipe = .deepseek,
    sharding: LayerSharding
  ) -> [(name: String, bytes: Double)] {
    share(sharding).activationElements(
      isExpertLayer: isExpertLayer, rowCopies: sharding.expertTensor
    ).filter { $0.recomputedBy.isDisjoint(with: policy.recompute) && $0.elements > 0 }.map {
      let shards = Double($0.isBetween ? sharding.tokenShards : 1)
      return ($0.name, Double($0.elements) * $0.bytesPerElement(policy, recipe) / shards)
    }
  }

  private var attentionActivations: [ActivationElement] {
    let input = [
      ActivationElement("residual_in", hidden, isBetween: true),
      ActivationElement(
        "attn_norm_out", hidden, recomputedBy: [.rmsnorm], .productInput, isBetween: true),
    ]
    switch attention {
    case .latent(let a):
      return input + (a.queryRank.map(queryLatents) ?? []) + [
        ActivationElement("q", a.heads * a.queryHead, recomputedBy: [.attentionUpProjection]),
        ActivationElement("ckv", a.kvRank + a.ropeHead, isBetween: true),
        ActivationElement(
          "ckv_norm", a.kvRank, recomputedBy: [.rmsnorm], .productInput, isBetween: true),
        ActivationElement("k", a.heads * a.queryHead, recomputedBy: [.attentionUpProjection]),
        ActivationElement("v", a.heads * a.valueHead, recomputedBy: [.attentionUpProjection]),
        ActivationElement("attn_out", a.heads * a.valueHead, .attentionOutput),
        ActivationElement("lse_fp32_x2", 2 * a.heads),
      ]
    case .grouped(let a):
      return input + [
        ActivationElement("q", a.heads * a.headSize, recomputedBy: [.attentionUpProjection]),
        ActivationElement("k", a.kvHeads * a.headSize, recomputedBy: [.attentionUpProjection]),
        ActivationElement("v", a.kvHeads * a.headSize, recomputedBy: [.attentionUpProjection]),
        ActivationElement("attn_out", a.heads * a.headSize, .attentionOutput),
        ActivationElement("lse_fp32_x2", 2 * a.heads),
      ]
    }
  }

  private func queryLatents(_ rank: Int) -> [ActivationElement] {
    [
      ActivationElement("cq", rank, isBetween: true),
      ActivationElement(
        "cq_norm", rank, recomputedBy: [.rmsnorm], .productInput, isBetween: true),
    ]
  }

  private func feedForwardActivations(isExpertLayer: Bool, rowCopies: Int) -> [ActivationElement] {
    let residual = ActivationElement("ffn_residual_in", hidden, isBetween: true)
    let norm = ActivationElement(
      "ffn_norm_out", hidden, recomputedBy: [.rmsnorm],
      .feedForwardInput(isExpertLayer ? .moe : .mlp), isBetween: true)
    guard isExpertLayer, let experts else {
      return [residual, norm] + [
        ActivationElement(
          "up_gate", 2 * denseIntermediate, recomputedBy: [.mlp], .swigluInput(.mlp)),
        ActivationElement(
          "swiglu_out", denseIntermediate, recomputedBy: [.swiglu, .mlp], .productInput),
      ]
    }
    let width = experts.topK * rowCopies * experts.intermediate
    let rows = experts.topK * rowCopies * hidden
    return [residual, norm] + [
      ActivationElement(
        "dispatched_in", rows, ofRows: rows, recomputedBy: [.moe], .dispatched, isBetween: true),
      ActivationElement(
        "routed_up_gate", 2 * width, ofRows: 2 * width, recomputedBy: [.moe], .swigluInput(.moe),
        isBetween: true),
      ActivationElement(
        "routed_swiglu_out", width, ofRows: width, recomputedBy: [.swiglu, .routedSwiglu, .moe],
        .productInput,
        isBetween: true),
      ActivationElement(
        "expert_out", rows, ofRows: rows, recomputedBy: [.expertOutput, .moe], isBetween: true),
      ActivationElement(
        "shared_up_gate", 2 * experts.sharedWidth, recomputedBy: [.moe], .swigluInput(.moe)),
      ActivationElement(
        "shared_swiglu_out", experts.sharedWidth, recomputedBy: [.swiglu, .moe], .productInput),
      ActivationElement(
        "gate_scores_fp32_x2", 2 * experts.routed, recomputedBy: [.moe], isBetween: true),
    ]
  }
}
