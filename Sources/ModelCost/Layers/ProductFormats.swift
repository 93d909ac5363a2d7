// The formats of an inference step's products: what their inputs are rounded to, and how their
// weights are stored.
//
// Weights that are narrower than the products are widened inside the kernel: they are read in the
// stored format and multiplied in the inputs'. GPUs with FP4 tensor cores are treated alike, since
// no measured kernel of theirs is at hand.

/// Formats of linear layers.
package struct ProductFormats: Hashable, Sendable {
  /// Inputs of the products whose weights the scheme covers; the others multiply in BF16.
  package var gemm: Precision
  /// How weights are stored.
  package var weights: WeightScheme

  package init(gemm: Precision, weights: WeightScheme) {
    self.gemm = gemm
    self.weights = weights
  }

  /// Weights stored as the products read them: FP8 tiles, or BF16.
  package init(_ gemm: Precision) {
    self.init(gemm: gemm, weights: gemm == .fp8 ? WeightScheme(.fp8Tile) : .bf16)
  }

  /// The format of inputs.
  ///
  /// - Parameter ofExperts: whether weights are those of routed experts.
  func precision(ofExperts: Bool) -> Precision {
    ofExperts || weights.coverage == .linear ? gemm : .bf16
  }

  /// The format in which weights are read, if it is not the one of the products.
  func stored(ofExperts: Bool) -> WeightFormat? {
    guard ofExperts || weights.coverage == .linear else { return nil }
    let isOwn = gemm == .fp8 ? weights.format == .fp8Tile : weights.format == .bf16
    return isOwn ? nil : weights.format
  }

  /// The formats of a layer's kernels, as those of training that multiply alike.
  func training(ofExperts: Bool) -> TrainingPrecision {
    precision(ofExperts: ofExperts) == .fp8 ? .deepseekV3 : .bf16
  }
}

extension Kernel {
  /// The same product with its weights, [n, k] in each group, read in a stored format.
  func reading(_ stored: WeightFormat?) -> Kernel {
    guard let stored else { return self }
    var kernel = self
    let own = Double(shape.n * shape.k) * Self.operandBytes(precision)
    let bytes = Double(stored.bytes(rows: shape.n, columns: shape.k))
    kernel.bytes += Double(shape.groups) * (bytes - own)
    return kernel
  }
}
extension LayerKernels {
  /// The kernels of prefill; routed experts may multiply in another format than everything else.
  package static func prefill(
    of kind: LayerKind, model: ModelSpec, work: LayerWork, formats: ProductFormats
  ) -> LayerKernels {
    func builder(ofExperts: Bool) -> LayerKernelBuilder {
      LayerKernelBuilder(
        model: model, work: work, precision: formats.training(ofExperts: ofExperts),
        activations: .forwardAlone, stored: formats.stored(ofExperts: ofExperts))
    }
    var result = builder(ofExperts: false).kernels(of: kind)
    if formats.weights.coverage == .experts, kind.hasExperts {
      let experts = builder(ofExperts: true)
      result[.experts, .forward] = experts.kernels(of: kind)[.experts, .forward]
      result[.attention, .forward] += experts.tokensToDispatch
    }
    return result
  }
}
