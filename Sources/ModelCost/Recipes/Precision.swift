// Number formats, and the activations kept of a forward pass: the choices that affect bytes and
// time.

/// A number format, named by its size.
package enum Precision: String, CaseIterable, Hashable, Sendable {
  /// One, two or four bytes.
  case fp8
  case bf16
  case fp32

  /// Bytes of one number, without scales.
  package var bytes: Int {
    switch self {
    case .fp8: 1
    case .bf16: 2
    case .fp32: 4
    }
  }
}

/// The formats of a training run. Attention core, norms, gate, embedding and head stay in BF16.
package struct TrainingPrecision: Hashable, Sendable {
  /// Inputs of the linear layers' matrix products, forward and backward.
  package var gemm: Precision
  /// How they are converted; BF16 for products in BF16.
  package var recipe: PrecisionRecipe
  /// The weights from which operands are made.
  package var primary: PrimaryWeights
  /// Whether products in FP8 need both operands in one order, as on GPUs before Blackwell.
  package var transposes: Bool
  /// Tokens on their way to experts, forward and backward.
  package var dispatch: Precision
  /// Expert outputs on their way back.
  package var combine: Precision
  /// The weights that kernels read, kept on every replica.
  package var weights: Precision
  /// The gradients that are accumulated over a step.
  package var gradients: Precision
  /// Master weights of the optimizer; nil if the weights themselves are updated.
  package var master: Precision?
  /// Each of AdamW's two moments.
  package var moments: Precision

  /// Puts formats together; `recipe` is DeepSeek's by default for products in FP8, else BF16's.
  package init(
    gemm: Precision, recipe: PrecisionRecipe? = nil, primary: PrimaryWeights = .bf16,
    transposes: Bool = true, dispatch: Precision, combine: Precision, weights: Precision,
    gradients: Precision, master: Precision?, moments: Precision
  ) {
    self.gemm = gemm
    self.recipe = recipe ?? (gemm == .fp8 ? .deepseek : .bf16)
    self.primary = primary
    self.transposes = transposes
    self.dispatch = dispatch
    self.combine = combine
    self.weights = weights
    self.gradients = gradients
    self.master = master
    self.moments = moments
  }

  /// The formats of the DeepSeek-V3 report (fact train.precision). The format of the weights that
  /// kernels read is not published: BF16 is assumed, quantised on the fly.
  package static let deepseekV3 = TrainingPrecision(
    gemm: .fp8, dispatch: .fp8, combine: .bf16, weights: .bf16, gradients: .fp32, master: .fp32,
    moments: .bf16)

  /// Bytes of the optimizer's states for one parameter: master weight and two moments.
  package var optimizerBytes: Int { (master?.bytes ?? 0) + 2 * moments.bytes }

  /// Mixed precision without FP8.
  package static let bf16 = TrainingPrecision(
    gemm: .bf16, dispatch: .bf16, combine: .bf16, weights: .bf16, gradients: .fp32, master: .fp32,
    moments: .fp32)
}

extension TrainingPrecision {
  /// Bytes of updated weights that are gathered from shards. Weights in FP32 are converted first;
  /// copies in FP8 are gathered as such if they are the only ones, but those of MXFP8 by rows and
  /// by columns do not follow from each other.
  package func gatheredBytes(parameters: Double, narrow: Double) -> Double {
    let bytes = Double(min(weights.bytes, Precision.bf16.bytes))
    let isOneByte = [.fp8Tensor, .fp8TensorDelayed, .fp8Tile].contains(recipe)
    guard primary == .quantised, isOneByte else { return parameters * bytes }
    return (parameters - narrow) * bytes + narrow
  }

  /// Bytes read and written to make the narrow copies of weights once a step.
  package func weightCastBytes(narrow: Double) -> Double {
    guard recipe.keepsQuantisedInputs else { return 0 }
    return recipe.castPasses(transposes: transposes).reduce(0, +) * narrow
  }
}

/// What the backward pass recomputes instead of keeping, and how compactly the rest is kept.
package struct ActivationPolicy: Hashable, Sendable {
  /// An output that can be recomputed from kept activations.
  package enum Recompute: String, CaseIterable, Hashable, Sendable {
    /// Outputs of the layer's norms.
    case rmsnorm
    /// q, k and v from their low-rank latents (MLA), or from the normed input (GQA).
    case attentionUpProjection = "attention_up_projection"
    /// SwiGLU outputs.
    case swiglu
    /// SwiGLU outputs of routed experts.
    case routedSwiglu = "moe_act"
    /// Expert outputs, which the backward of the weighted combine reads.
    case expertOutput = "expert_output"
    /// A dense feed-forward, from its normed input.
    case mlp
    /// Router, dispatch, experts and combine, from their normed input.
    case moe
    /// Whole layers, from their inputs.
    case full

    /// The choices of single outputs, which cost no communication but that of the up-projections.
    package static let outputs: [Recompute] = [
      .rmsnorm, .attentionUpProjection, .swiglu, .expertOutput,
    ]
  }

  /// The layers that `full` recomputes, in the order of a stage or of the model.
  package enum WholeLayers: Hashable, Sendable {
    /// All layers, in groups of some consecutive ones of a stage that keep one input together
    /// (Megatron-LM's `uniform`).
    case uniform(Int)
    /// The first layers of every stage, each with its own input (Megatron-LM's `block`).
    case first(Int)
    /// Every n-th layer of the model, from the first (torchtitan's selective mode).
    case every(Int)
  }

  /// Recomputed outputs.
  package var recompute: Set<Recompute>
  /// Format in which the dispatched tokens and the SwiGLU inputs are kept.
  package var cached: Precision
  /// The layers to which `full` applies, if it is among the recomputed outputs.
  package var wholeLayers: WholeLayers

  package init(
    recompute: Set<Recompute>, cached: Precision, wholeLayers: WholeLayers = .uniform(1)
  ) {
    self.recompute = recompute
    self.cached = cached
    self.wholeLayers = wholeLayers
  }

  /// The format of dispatched tokens between forward and backward: that of products, if the recipe
  /// keeps their inputs, or if experts run again shortly before the backward.
  package func keptTokens(_ recipe: PrecisionRecipe) -> Precision {
    recipe.keepsQuantisedInputs || recompute.contains(.moe) ? recipe.products : cached
  }

  /// The format of SwiGLU's inputs between forward and backward.
  ///
  /// - Parameter whole: the choice that runs the whole feed-forward again, `mlp` or `moe`.
  package func keptSwiGLUInputs(of whole: Recompute) -> Precision {
    recompute.contains(whole) ? .bf16 : cached
  }

  /// Whether the norm before a feed-forward runs again without the rest of it.
  ///
  /// - Parameter whole: as above.
  package func normsAgain(before whole: Recompute) -> Bool {
    recompute.contains(.rmsnorm) && !recompute.contains(whole)
  }

  /// Whether SwiGLU runs again by itself, and not with the whole of its feed-forward.
  ///
  /// - Parameters:
  ///   - whole: as above.
  ///   - isRouted: whether it is that of routed experts.
  package func swigluAgain(in whole: Recompute, isRouted: Bool = false) -> Bool {
    let choices: Set<Recompute> = isRouted ? [.swiglu, .routedSwiglu] : [.swiglu]
    return !recompute.isDisjoint(with: choices) && !recompute.contains(whole)
  }

  /// For each of some consecutive layers of a stage, the number of the group with which it is
  /// recomputed as a whole; nil for a layer that is not.
  ///
  /// - Parameters:
  ///   - count: number of the layers.
  ///   - first: number of the first of them in the model, from 0.
  package func groups(count: Int, from first: Int) -> [Int?] {
    guard recompute.contains(.full) else { return Array(repeating: nil, count: count) }
    return (0..<count).map { place in
      switch wholeLayers {
      case .uniform(let size): place / size
      case .first(let layers): place < layers ? place : nil
      case .every(let step): (first + place) % step == 0 ? place : nil
      }
    }
  }

  /// A forward without a backward, which keeps nothing.
  package static let forwardAlone = ActivationPolicy(recompute: [.mlp, .moe], cached: .bf16)

  /// The report's choices: norms, up-projections and SwiGLU outputs recomputed, FP8 caches.
  package static let deepseekV3 = ActivationPolicy(
    recompute: [.rmsnorm, .attentionUpProjection, .swiglu, .expertOutput], cached: .fp8)
}
