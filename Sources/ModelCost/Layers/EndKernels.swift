// Kernels before the first layer and after the last: embedding, head with loss, MTP module.
//
// Head and embedding run in BF16 (fact train.precision). The loss reads the logits once and writes
// their gradient in place, 6 bytes per logit.

extension LayerKernelBuilder {
  /// Adds the embedding: a gather in the forward, a scatter into FP32 gradients for the weights.
  func addEmbedding(to layer: inout LayerKernels) {
    layer[.feedForward, .forward] = [embedding()]
    layer[.feedForward, .backwardWeight] = [
      .memory("embedding, weight", .embedding, tokens: tokens, bytesPerToken: Double(hidden) * 10)
    ]
  }

  private func embedding() -> Kernel {
    .memory("embedding", .embedding, tokens: tokens, bytesPerToken: Double(hidden) * 4)
  }

  /// Adds the final norm, the output head and the loss.
  func addHead(to layer: inout LayerKernels) {
    layer[.feedForward, .forward] += [
      norm("final norm", width: hidden),
      .gemm("head", m: tokens, n: model.vocabulary, k: hidden, precision: .bf16),
      .memory("loss", .loss, tokens: tokens, bytesPerToken: Double(model.vocabulary) * 6),
    ]
    layer[.feedForward, .backwardInput] += [
      .gemm("head, input", m: tokens, n: hidden, k: model.vocabulary, precision: .bf16),
      normBackward("final norm backward", width: hidden),
    ]
    layer[.feedForward, .backwardWeight].append(
      .weightGEMM(
        "head, weight", tokens: tokens, n: model.vocabulary, k: hidden, precision: .bf16))
  }

  /// Adds the kernels of an MTP module besides its layer and head: embedding, norms, projection.
  func addMTPEnds(to layer: inout LayerKernels) {
    let width = hidden / work.sharding.tensor
    layer[.feedForward, .forward] =
      [embedding(), norm("mtp norms", width: 2 * hidden)]
      + cast("mtp input", width: 2 * hidden) + [gemm("mtp projection", n: width, k: 2 * hidden)]
    layer[.feedForward, .backwardInput] =
      castBothWays("gradient of mtp projection", width: width) + [
        gemm("mtp projection, input", n: 2 * hidden, k: width),
        normBackward("mtp norms backward", width: 2 * hidden),
      ]
    layer[.feedForward, .backwardWeight] =
      columns("mtp input", width: 2 * hidden)
      + [weightGEMM("mtp projection, weight", n: width, k: 2 * hidden)]
  }
}
