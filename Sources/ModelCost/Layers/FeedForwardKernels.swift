// Kernels of dense feed-forward layers, shared experts and routed experts.

extension LayerKernelBuilder {
  /// Adds the feed-forward of a dense layer, with its norm and residual.
  func addDenseFeedForward(to layer: inout LayerKernels) {
    let width = model.denseIntermediate
    layer[.feedForward, .forward] =
      [norm("ffn norm", width: hidden)] + normedFeedForward + [add("ffn residual")]
    let again =
      activations.recompute.contains(.rmsnorm) ? [norm("ffn norm again", width: hidden)] : []
    layer[.feedForward, .backwardInput] =
      again + castBothWays("gradient of down", width: hidden) + feedForwardBackward(width, .mlp)
      + [normBackward("ffn norm backward", width: hidden), add("residual gradient")]
    layer[.feedForward, .backwardWeight] = feedForwardWeights(width, .mlp)
  }

  /// The feed-forward of a dense layer from its normed input to its output: what a
  /// backward runs again that keeps only that input.
  package var normedFeedForward: [Kernel] {
    cast("ffn input", width: hidden, isRecomputed: activations.normsAgain(before: .mlp))
      + feedForward(model.denseIntermediate, .mlp)
  }

  /// Adds the shared experts, which read the tokens that were cast for the dispatch, if they were.
  func addSharedExperts(to layer: inout LayerKernels) {
    guard let width = model.experts?.sharedWidth, width > 0 else { return }
    let (input, gradient) =
      travelsAsOperands
      ? ([], [])
      : (
        cast("ffn input", width: hidden, isRecomputed: activations.normsAgain(before: .moe)),
        castBothWays("gradient of down", width: hidden)
      )
    layer[.feedForward, .forward] = input + feedForward(width, .moe)
    layer[.feedForward, .backwardInput] = gradient + feedForwardBackward(width, .moe)
    layer[.feedForward, .backwardWeight] = feedForwardWeights(width, .moe)
  }

  private func feedForward(_ width: Int, _ whole: ActivationPolicy.Recompute) -> [Kernel] {
    [gemm("gate, up", n: 2 * width, k: hidden)] + swigluInputsToKeep(width: width, of: whole)
      + [swiglu(width: width)]
      + cast(
        "swiglu output", width: width, isRecomputed: activations.swigluAgain(in: whole))
      + [gemm("down", n: hidden, k: width)]
  }

  private func feedForwardBackward(_ width: Int, _ whole: ActivationPolicy.Recompute) -> [Kernel] {
    let kept = swigluInputsInBackward(width: width, of: whole)
    let again = activations.swigluAgain(in: whole)
    return kept.widening + (again ? [swiglu(width: width, input: kept.bytes)] : [])
      + [
        gemm("down, input", n: width, k: hidden),
        swigluBackward(width: width, input: kept.bytes),
      ] + castBothWays("gradient of gate, up", width: 2 * width)
      + [gemm("gate, up, input", n: hidden, k: 2 * width)]
  }

  private func feedForwardWeights(_ width: Int, _ whole: ActivationPolicy.Recompute) -> [Kernel] {
    columns("ffn input", width: hidden, isRecomputed: activations.normsAgain(before: whole))
      + columns(
        "swiglu output", width: width, isRecomputed: activations.swigluAgain(in: whole))
      + [
        weightGEMM("down, weight", n: hidden, k: width),
        weightGEMM("gate, up, weight", n: 2 * width, k: hidden),
      ]
  }

  /// Adds the routed experts between dispatch and combine, and the residual part around them.
  func addRoutedExperts(to layer: inout LayerKernels) {
    guard let experts = model.experts, work.localExperts > 0 else { return }
    let rows = work.expertRows
    let width = experts.intermediate
    let again = activations.swigluAgain(in: .moe, isRouted: true)
    let kept = swigluInputsInBackward(rows: rows, width: width, of: .moe)
    layer[.experts, .forward] =
      [permute()] + receivedTokens + [grouped("gate, up", n: 2 * width, k: hidden)]
      + swigluInputsToKeep(rows: rows, width: width, of: .moe) + [swiglu(rows: rows, width: width)]
      + cast("swiglu output", rows: rows, width: width, isRecomputed: again)
      + [grouped("down", n: hidden, k: width), unpermute()]
    layer[.experts, .backwardInput] =
      [permute()] + receivedGradients + kept.widening
      + (again ? [swiglu(rows: rows, width: width, input: kept.bytes)] : []) + [
        grouped("down, input", n: width, k: hidden),
        swigluBackward(rows: rows, width: width, input: kept.bytes),
      ] + castBothWays("gradient of gate, up", rows: rows, width: 2 * width)
      + [grouped("gate, up, input", n: hidden, k: 2 * width), unpermute()]
    layer[.experts, .backwardWeight] =
      operandsOfExpertWeights
      + columns("swiglu output", rows: rows, width: width, isRecomputed: again) + [
        groupedWeight("down, weight", n: hidden, k: width),
        groupedWeight("gate, up, weight", n: 2 * width, k: hidden),
      ]
    layer[.residual, .forward] = [add("expert residual")]
    layer[.residual, .backwardInput] = gradientsToDispatch
  }

  private func grouped(_ name: String, n: Int, k: Int) -> Kernel {
    let products = work.expertProducts
    var kernel = Kernel.gemm(
      name, groups: products.count, m: products.rows, n: n, k: k, precision: precision.gemm
    ).reading(stored)
    // The same kernel runs, no matter how few experts have rows.
    kernel.kernelClass = work.localExperts > 1 ? .groupedGEMM : .gemm
    return kernel
  }

  private func groupedWeight(_ name: String, n: Int, k: Int) -> Kernel {
    let products = work.expertProducts
    return .weightGEMM(
      name, groups: products.count, tokens: products.rows, n: n, k: k, precision: precision.gemm)
  }

  /// From arrived tokens to rows sorted by expert, in the format of the dispatch.
  private func permute() -> Kernel {
    .memory(
      "permute", .permute, tokens: work.arrivedTokens + work.expertRows,
      bytesPerToken: Double(hidden * precision.dispatch.bytes))
  }

  /// From rows to one partial sum per arrived token, in the format of the combine.
  private func unpermute() -> Kernel {
    .memory(
      "unpermute", .permute, tokens: work.arrivedTokens + work.expertRows,
      bytesPerToken: Double(hidden * precision.combine.bytes))
  }
}
