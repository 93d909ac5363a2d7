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
      again + castBothWays("gradient of down", width: hidden)
      + feedForwardBackward(width, within: .mlp)
      + [normBackward("ffn norm backward", width: hidden), add("residual gradient")]
    layer[.feedForward, .backwardWeight] = feedForwardWeights(width)
  }

  /// The feed-forward of a dense layer from its normed input to its output: what a
  /// backward runs again that keeps only that input.
  package var normedFeedForward: [Kernel] {
    cast("ffn input", width: hidden) + feedForward(model.denseIntermediate)
  }

  /// Adds the shared experts, which read the tokens that were cast for the dispatch, if they were.
  func addSharedExperts(to layer: inout LayerKernels) {
    guard let width = model.experts?.sharedWidth, width > 0 else { return }
    let (input, gradient) =
      castsBeforeDispatch
      ? ([], [])
      : (cast("ffn input", width: hidden), castBothWays("gradient of down", width: hidden))
    layer[.feedForward, .forward] = input + feedForward(width)
    layer[.feedForward, .backwardInput] = gradient + feedForwardBackward(width, within: .moe)
    layer[.feedForward, .backwardWeight] = feedForwardWeights(width)
  }

  private func feedForward(_ width: Int) -> [Kernel] {
    [gemm("gate, up", n: 2 * width, k: hidden), swiglu(width: width)]
      + cast("swiglu output", width: width) + [gemm("down", n: hidden, k: width)]
  }

  /// - Parameter whole: the choice with which the whole feed-forward has run again before.
  private func feedForwardBackward(
    _ width: Int, within whole: ActivationPolicy.Recompute
  ) -> [Kernel] {
    let runsAgain =
      activations.recompute.contains(.swiglu) && !activations.recompute.contains(whole)
    return (runsAgain ? [swiglu(width: width)] : [])
      + [gemm("down, input", n: width, k: hidden), swigluBackward(width: width)]
      + castBothWays("gradient of gate, up", width: 2 * width)
      + [gemm("gate, up, input", n: hidden, k: 2 * width)]
  }

  private func feedForwardWeights(_ width: Int) -> [Kernel] {
    transpose("ffn input", width: hidden) + transpose("swiglu output", width: width) + [
      weightGEMM("down, weight", n: hidden, k: width),
      weightGEMM("gate, up, weight", n: 2 * width, k: hidden),
    ]
  }

  /// Adds the routed experts between dispatch and combine, and the residual part around them.
  func addRoutedExperts(to layer: inout LayerKernels) {
    guard let experts = model.experts, work.localExperts > 0 else { return }
    let rows = work.expertRows
    let width = experts.intermediate
    let input = castsBeforeDispatch ? [] : cast("expert input", rows: rows, width: hidden)
    layer[.experts, .forward] =
      [permute()] + input
      + [grouped("gate, up", n: 2 * width, k: hidden), swiglu(rows: rows, width: width)]
      + cast("swiglu output", rows: rows, width: width)
      + [grouped("down", n: hidden, k: width), unpermute()]
    let again =
      activations.recompute.isDisjoint(with: [.swiglu, .routedSwiglu])
        || activations.recompute.contains(.moe)
      ? [] : [swiglu(rows: rows, width: width)]
    let gradient =
      castsBeforeDispatch
      ? [] : castBothWays("expert output gradient", rows: rows, width: hidden)
    layer[.experts, .backwardInput] =
      [permute()] + gradient + again + [
        grouped("down, input", n: width, k: hidden), swigluBackward(rows: rows, width: width),
      ] + castBothWays("gradient of gate, up", rows: rows, width: 2 * width)
      + [grouped("gate, up, input", n: hidden, k: 2 * width), unpermute()]
    layer[.experts, .backwardWeight] =
      transpose("expert input", rows: rows, width: hidden)
      + transpose("expert output gradient", rows: rows, width: hidden)
      + transpose("swiglu output", rows: rows, width: width) + [
        groupedWeight("down, weight", n: hidden, k: width),
        groupedWeight("gate, up, weight", n: 2 * width, k: hidden),
      ]
    layer[.residual, .forward] = [add("expert residual")]
    layer[.residual, .backwardInput] =
      castsBeforeDispatch
      ? castBothWays("gradient to dispatch", rows: ownTokens, width: hidden) : []
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
