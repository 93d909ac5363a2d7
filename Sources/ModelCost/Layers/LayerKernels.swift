// The kernels of one transformer layer: forward, backward for the input, backward for the weights.
//
// A layer has four parts, because communication separates them: `attention` up to the tokens that
// leave for their experts, `feedForward` (dense or shared experts), `experts` (the routed experts,
// between dispatch and combine) and `residual` (after the combine, and in the backward before the
// dispatch of gradients). Kernels are fused as in the published trace: casts are separate kernels,
// and SwiGLU is not fused into products. Bytes count each operand once.

import Units

/// The kernels of a layer, or of the blocks before and after the layers.
package struct LayerKernels: Sendable {
  /// A piece of a layer between two communications.
  package enum Part: String, CaseIterable, Sendable {
    /// Before dispatch, between dispatch and combine (dense or shared, and routed), and after it.
    case attention
    case feedForward = "feed_forward"
    case experts
    case residual
  }

  /// Which derivative a kernel belongs to.
  package enum Pass: String, CaseIterable, Sendable {
    /// Forward, backward for the input (B), backward for the weights (W).
    case forward
    case backwardInput = "backward_input"
    case backwardWeight = "backward_weight"
  }

  private var kernels: [[Kernel]] = Array(
    repeating: [], count: Part.allCases.count * Pass.allCases.count)

  /// The kernels of one part and pass in the order in which they run.
  package internal(set) subscript(part: Part, pass: Pass) -> [Kernel] {
    get { kernels[Self.index(part, pass)] }
    set { kernels[Self.index(part, pass)] = newValue }
  }

  /// Every kernel, ordered by pass, then by part.
  package var all: [Kernel] {
    Pass.allCases.flatMap { pass in Part.allCases.flatMap { self[$0, pass] } }
  }

  private static func index(_ part: Part, _ pass: Pass) -> Int {
    pass.caseIndex * Part.allCases.count + part.caseIndex
  }
}

/// Lists the kernels of each kind of layer of a model.
package struct LayerKernelBuilder: Sendable {
  /// The GPU's share of the model.
  let model: ModelSpec
  /// The tokens and experts for which kernels are listed.
  package var work: LayerWork
  let precision: TrainingPrecision
  /// Which activations are kept for the backward pass, and which are recomputed.
  let activations: ActivationPolicy
  /// The format in which products read their weights, if it is not that of the products.
  let stored: WeightFormat?

  /// Makes a builder for the share of a model given by `work`.
  package init(
    model: ModelSpec, work: LayerWork, precision: TrainingPrecision, activations: ActivationPolicy,
    stored: WeightFormat? = nil
  ) {
    self.model = model.share(work.sharding)
    self.work = work
    self.precision = precision
    self.activations = activations
    self.stored = stored
  }

  /// The kernels of a kind of layer. The MTP module consists of a projection, one layer and a head.
  package func kernels(of kind: LayerKind) -> LayerKernels {
    var result = LayerKernels()
    switch kind {
    case .embedding: addEmbedding(to: &result)
    case .dense, .denseWindowed:
      addAttention(to: &result, of: kind)
      addDenseFeedForward(to: &result)
    case .moe, .moeWindowed:
      addAttention(to: &result, of: kind)
      addSharedExperts(to: &result)
      addRoutedExperts(to: &result)
    case .head: addHead(to: &result)
    case .mtp: addMTPEnds(to: &result)
    }
    return result
  }

  /// The GPU's share of attention.
  package var attention: AttentionSpec { model.attention }
  /// Width of the residual stream.
  var hidden: Int { model.hidden }
  /// Tokens that pass through the layer on one GPU.
  var tokens: Int { work.tokens }
  /// Tokens of one GPU where its tensor group divides tokens instead of tensors.
  var ownTokens: Int { work.ownTokens }
  /// Whether linear layers multiply in FP8.
  var usesFP8: Bool { precision.gemm == .fp8 }

  // MARK: Kernels that appear in several parts

  /// A matrix product over all tokens or over `rows` of them, [tokens, k] x [k, n].
  func gemm(_ name: String, rows: Int? = nil, n: Int, k: Int) -> Kernel {
    Kernel.gemm(name, m: rows ?? tokens, n: n, k: k, precision: precision.gemm).reading(stored)
  }

  /// A weight gradient over all tokens or over `rows` of them, accumulated into [n, k].
  func weightGEMM(_ name: String, rows: Int? = nil, n: Int, k: Int) -> Kernel {
    .weightGEMM(name, tokens: rows ?? tokens, n: n, k: k, precision: precision.gemm)
  }

  /// An input of products from BF16 to the recipe's format; empty if products run in BF16.
  ///
  /// - Parameter isRecomputed: whether the input is recomputed, and its columns are made then.
  func cast(
    _ name: String, rows: Int? = nil, width: Int, isRecomputed: Bool = false
  ) -> [Kernel] {
    passes(
      isRecomputed
        ? precision.recipe.onePasses
        : precision.recipe.castPasses(transposes: precision.transposes),
      name, rows: rows, width: width)
  }

  /// A gradient to the recipe's format: rows for the input's product, columns for the weight's.
  func castBothWays(_ name: String, rows: Int? = nil, width: Int) -> [Kernel] {
    passes(
      precision.recipe.gradientPasses(transposes: precision.transposes), name, rows: rows,
      width: width)
  }

  /// Columns of a kept input for the weight's product: of kept rows, or of BF16 if the input is
  /// recomputed; empty if the cast made them.
  func columns(
    _ name: String, rows: Int? = nil, width: Int, isRecomputed: Bool = false
  ) -> [Kernel] {
    guard precision.recipe.keepsQuantisedInputs else {
      return transpose(name, rows: rows, width: width)
    }
    return isRecomputed ? passes(precision.recipe.onePasses, name, rows: rows, width: width) : []
  }

  /// Columns of rows in the recipe's format; empty if products read rows alone.
  func transpose(_ name: String, rows: Int? = nil, width: Int) -> [Kernel] {
    let bytes = precision.recipe.transpositionBytes(transposes: precision.transposes)
    return passes(bytes.map { [$0] } ?? [], name, rows: rows, width: width)
  }

  /// The kernels of a conversion, from the bytes that each pass moves for a number.
  func passes(
    _ bytes: [Double], _ name: String, rows: Int?, width: Int
  ) -> [Kernel] {
    // A pass before the last finds the tensor's maximum.
    bytes.enumerated().map { index, passBytes in
      let isMaximum = index + 1 < bytes.count
      return .memory(
        isMaximum ? "maximum of \(name)" : name, isMaximum ? .maximum : .cast,
        tokens: rows ?? tokens,
        bytesPerToken: Double(width) * passBytes)
    }
  }

  /// A norm: BF16 in and out.
  func norm(_ name: String, width: Int) -> Kernel {
    .memory(name, .norm, tokens: ownTokens, bytesPerToken: Double(width) * 4)
  }

  /// A norm's backward: two BF16 inputs, one output.
  func normBackward(_ name: String, width: Int) -> Kernel {
    .memory(name, .normBackward, tokens: ownTokens, bytesPerToken: Double(width) * 6)
  }

  /// A sum of two BF16 tensors of the residual stream's width.
  func add(_ name: String) -> Kernel {
    .memory(name, .elementwise, tokens: ownTokens, bytesPerToken: Double(hidden) * 6)
  }

  /// SwiGLU: two inputs, one BF16 output, each with `width` elements.
  ///
  /// - Parameter input: bytes of an input's number.
  func swiglu(rows: Int? = nil, width: Int, input: Double = 2) -> Kernel {
    .memory(
      "swiglu", .swiglu, tokens: rows ?? tokens, bytesPerToken: Double(width) * (2 * input + 2))
  }

  /// SwiGLU's backward: its two inputs, a BF16 gradient, and two BF16 outputs.
  func swigluBackward(rows: Int? = nil, width: Int, input: Double) -> Kernel {
    .memory(
      "swiglu backward", .swiglu, tokens: rows ?? tokens,
      bytesPerToken: Double(width) * (2 * input + 6))
  }
}
