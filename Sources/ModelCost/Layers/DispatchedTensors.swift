// Conversions of the tensors that travel to experts, and of those that are kept in FP8: one
// wherever a tensor is made, travels, is kept and is read in different formats.
//
//   tensor              made    travels     kept               read by products
//   tokens              BF16    dispatch    keptTokens         rows; columns for weights
//   gradients           BF16    dispatch    -                  rows; columns for weights
//   inputs of SwiGLU    BF16    -           keptSwiGLUInputs   -
//
// Only rows travel, in the recipe's format if products multiply in FP8, otherwise in tiles; columns
// are made of received rows. Products cannot read another format than theirs, so that a kernel
// widens FP8 for those in BF16. SwiGLU reads its kept inputs in FP8 under DeepSeek's recipe
// (report, section 3.3.3); otherwise a kernel widens them, as in Megatron Core
// (activation_func_fp8_input_store).
//
// Not modelled: layers that are recomputed as a whole convert what they keep in both forwards.

extension LayerKernelBuilder {
  /// Whether tokens travel as products read them; otherwise their readers convert them.
  var travelsAsOperands: Bool {
    precision.dispatch == .fp8 && precision.recipe.products == .fp8
  }

  /// Conversion of a GPU's own tokens before they leave for their experts.
  package var tokensToDispatch: [Kernel] {
    converted(
      "tokens to dispatch",
      cast(
        "tokens to dispatch", rows: ownTokens, width: hidden,
        isRecomputed: activations.normsAgain(before: .moe)))
  }

  /// Conversion of the gradients of combined outputs, in the backward.
  var gradientsToDispatch: [Kernel] {
    converted(
      "gradient to dispatch",
      castBothWays("gradient to dispatch", rows: ownTokens, width: hidden))
  }

  /// A conversion before the dispatch: of rows alone, unless shared experts read the result too.
  ///
  /// - Parameter shared: the conversion of what shared experts read.
  private func converted(_ name: String, _ shared: [Kernel]) -> [Kernel] {
    guard precision.dispatch == .fp8 else { return [] }
    guard travelsAsOperands else { return narrowing(name, rows: ownTokens, width: hidden) }
    let hasShared = (model.experts?.sharedWidth ?? 0) > 0
    return hasShared
      ? shared : passes(precision.recipe.onePasses, name, rows: ownTokens, width: hidden)
  }

  /// Conversions of received rows: to the format of products, and to that in which they are kept.
  var receivedTokens: [Kernel] {
    let (rows, name) = (work.expertRows, "expert input")
    let (received, read) = (precision.dispatch, precision.recipe.products)
    let kept = activations.keptTokens(precision.recipe)
    var result: [Kernel] = []
    if received != read {
      result +=
        read == .fp8
        ? cast(name, rows: rows, width: hidden) : widening(name, rows: rows, width: hidden)
    }
    if kept != received, kept != read {
      result +=
        kept == .fp8
        ? narrowing("\(name) to keep", rows: rows, width: hidden)
        : widening("\(name) to keep", rows: rows, width: hidden)
    }
    return result
  }

  /// Conversions of received gradients to the format of products.
  var receivedGradients: [Kernel] {
    let (rows, name) = (work.expertRows, "expert output gradient")
    guard precision.dispatch != precision.recipe.products else { return [] }
    return precision.recipe.products == .fp8
      ? castBothWays(name, rows: rows, width: hidden)
      : widening(name, rows: rows, width: hidden)
  }

  /// What the experts' weight gradients read of kept tokens and received gradients: in BF16, or
  /// columns in FP8.
  var operandsOfExpertWeights: [Kernel] {
    let (rows, name) = (work.expertRows, "expert input")
    let gradients =
      travelsAsOperands ? transpose("expert output gradient", rows: rows, width: hidden) : []
    let tokens =
      switch (activations.keptTokens(precision.recipe), precision.recipe.products) {
      case (.fp8, .fp8):
        travelsAsOperands
          ? transpose(name, rows: rows, width: hidden) : columns(name, rows: rows, width: hidden)
      case (.fp8, _): widening(name, rows: rows, width: hidden)
      case (_, .fp8): passes(precision.recipe.onePasses, name, rows: rows, width: hidden)
      default: [Kernel]()
      }
    return tokens + gradients
  }

  /// Conversion of SwiGLU's inputs in the forward, if they are kept in FP8.
  ///
  /// - Parameter whole: the choice that runs the whole feed-forward again.
  func swigluInputsToKeep(
    rows: Int? = nil, width: Int, of whole: ActivationPolicy.Recompute
  ) -> [Kernel] {
    activations.keptSwiGLUInputs(of: whole) == .fp8
      ? narrowing("swiglu input to keep", rows: rows, width: 2 * width) : []
  }

  /// What widens SwiGLU's kept inputs in the backward, and the bytes of a number that SwiGLU reads.
  func swigluInputsInBackward(
    rows: Int? = nil, width: Int, of whole: ActivationPolicy.Recompute
  ) -> (widening: [Kernel], bytes: Double) {
    guard activations.keptSwiGLUInputs(of: whole) == .fp8 else { return ([], 2) }
    return precision.recipe == .deepseek
      ? ([], PrecisionRecipe.tileBytes)
      : (widening("swiglu input", rows: rows, width: 2 * width), 2)
  }

  /// From BF16 to tiles that no product reads.
  private func narrowing(_ name: String, rows: Int? = nil, width: Int) -> [Kernel] {
    passes([2 + PrecisionRecipe.tileBytes], name, rows: rows, width: width)
  }

  /// From tiles to BF16.
  private func widening(_ name: String, rows: Int? = nil, width: Int) -> [Kernel] {
    passes([PrecisionRecipe.tileBytes + 2], "widening of \(name)", rows: rows, width: width)
  }
}
