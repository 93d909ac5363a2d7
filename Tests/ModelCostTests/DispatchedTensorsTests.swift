// Ledgers of the tensors that travel to experts or are kept in FP8: each kernel reads a copy that
// is there, makes one that is not, and each copy has a reader.

import Cluster
import Testing

@testable import ModelCost

/// A recipe with formats of dispatched and kept tensors, and a model to train.
private struct FormatCase: CustomStringConvertible {
  var recipe: PrecisionRecipe
  var dispatch: Precision
  var cached: Precision
  var recompute: Set<ActivationPolicy.Recompute> = []
  var sharedExperts = 1

  var description: String {
    "\(recipe), \(dispatch) travels, \(cached) is kept, \(recompute), \(sharedExperts) shared"
  }

  static func all(_ recipe: PrecisionRecipe) -> [FormatCase] {
    [Precision.fp8, .bf16].flatMap { dispatch in
      [Precision.fp8, .bf16].flatMap { cached in
        [[], [.rmsnorm, .swiglu], [.moe]].flatMap { recompute in
          [0, 1].map {
            FormatCase(
              recipe: recipe, dispatch: dispatch, cached: cached, recompute: recompute,
              sharedExperts: $0)
          }
        }
      }
    }
  }

  static let tokens = 64
  static let hidden = 1024
  static let width = 512

  var policy: ActivationPolicy { ActivationPolicy(recompute: recompute, cached: cached) }

  private var model: ModelSpec {
    ModelSpec(
      name: "small", hidden: Self.hidden, layers: 1, vocabulary: 1000,
      attention: .grouped(GroupedAttention(heads: 8, kvHeads: 8, headSize: 128)),
      denseIntermediate: 4096,
      experts: ExpertSpec(
        layers: .after(0), routed: 8, shared: sharedExperts, topK: 2, intermediate: Self.width,
        gate: .softmax),
      mtpModules: 0, source: "test")
  }

  /// Bytes that memory counts for a number of a kept dispatched token; nil if none is kept.
  var keptTokenBytes: Double? {
    model.keptActivations(
      isExpertLayer: true, policy: policy, recipe: recipe, sharding: .none
    ).first { $0.name == "dispatched_in" }.map { $0.bytes / Double(2 * Self.hidden) }
  }

  func kernels(of kind: LayerKind = .moe) -> LayerKernels {
    var precision = TrainingPrecision.bf16
    (precision.gemm, precision.recipe) = (recipe.products, recipe)
    precision.dispatch = dispatch
    return LayerKernelBuilder(
      model: model,
      work: LayerWork(
        tokens: Self.tokens, sequenceLength: Self.tokens, experts: model.experts,
        expertParallel: 1, gpusPerToken: 1),
      precision: precision, activations: policy
    ).kernels(of: kind)
  }
}

/// The copies of a tensor at some time.
private struct Ledger {
  enum Copy { case bf16, tiles, rows, columns }

  let test: FormatCase
  /// Elements of a row, of which there are as many as of tokens or of their experts.
  let width: Int
  var copies: Set<Copy>
  var unread: Set<Copy> = []

  init(_ test: FormatCase, width: Int = FormatCase.hidden, _ copies: Set<Copy>) {
    self.test = test
    self.width = width
    self.copies = copies
  }

  /// Enters the conversions of the tensor by some kernels.
  mutating func enter(_ kernels: [Kernel], _ name: String, _ pass: LayerKernels.Pass) {
    for kernel in kernels where kernel.kernelClass == .cast {
      guard [name, "\(name) to keep"].contains(kernel.name.replacing("widening of ", with: ""))
      else { continue }
      let bytes = kernel.bytes / Double(kernel.shape.m * width)
      guard let (source, made) = conversion(kernel.name, bytes, pass) else {
        Issue.record("\(test): \(kernel.name) moves \(bytes) B a number")
        continue
      }
      #expect(copies.contains(source), "\(test): \(kernel.name) reads what is not there")
      #expect(copies.isDisjoint(with: made), "\(test): \(kernel.name) makes it twice")
      unread.remove(source)
      copies.formUnion(made)
      unread.formUnion(made)
    }
  }

  /// A product or the network reads a copy.
  mutating func read(_ copy: Copy) {
    #expect(copies.contains(copy), "\(test): nobody made \(copy)")
    unread.remove(copy)
  }

  /// Between forward and backward only some copies remain.
  mutating func keep(_ kept: Set<Copy>) {
    #expect(kept.isSubset(of: copies), "\(test): kept but never made")
    copies.formIntersection(kept)
    #expect(unread.isSubset(of: kept), "\(test): \(unread) made for nobody")
  }

  func close() { #expect(unread.isEmpty, "\(test): \(unread) made for nobody") }

  /// What travels in FP8.
  static func travelling(_ test: FormatCase) -> Copy {
    test.dispatch == .bf16 ? .bf16 : test.recipe == .bf16 ? .tiles : .rows
  }

  /// What a conversion reads and makes, by the bytes that it moves for a number.
  private func conversion(
    _ name: String, _ bytes: Double, _ pass: LayerKernels.Pass
  ) -> (Copy, Set<Copy>)? {
    let tile = 33.0 / 32
    let narrow: Copy = test.recipe == .bf16 || name.contains("swiglu input") ? .tiles : .rows
    if name.hasPrefix("widening") { return bytes == tile + 2 ? (narrow, [.bf16]) : nil }
    if name.hasSuffix("to keep") { return bytes == 2 + tile ? (.bf16, [.tiles]) : nil }
    let one: Copy = pass == .backwardWeight ? .columns : .rows
    return switch (test.recipe, bytes) {
    case (.bf16, 2 + tile): (.bf16, [.tiles])
    case (.deepseek, 4): (.bf16, [.rows, .columns])
    case (.deepseek, 2): (.rows, [.columns])
    case (.deepseek, 2 + tile), (.fp8Tile, 2 + tile), (.mxfp8, 2 + tile): (.bf16, [one])
    case (.fp8Tile, 2 + 2 * tile), (.mxfp8, 2 + 2 * tile): (.bf16, [.rows, .columns])
    case (.fp8Tile, 2 * tile), (.mxfp8, 2 * tile): (.rows, [.columns])
    case (.fp8Tensor, 4), (.fp8TensorDelayed, 4): (.bf16, [.rows, .columns])
    case (.fp8Tensor, 3), (.fp8TensorDelayed, 3): (.bf16, [one])
    case (.fp8Tensor, 2), (.fp8TensorDelayed, 2): (.rows, [.columns])
    case (.nvfp4, 3.125): (.bf16, [.rows, .columns])
    case (.nvfp4, 2.5625): (.bf16, [one])
    case (.nvfp4, 1.125): (.rows, [.columns])
    default: nil
    }
  }
}

@Suite("Formats of tensors that travel or are kept")
struct DispatchedTensorsTests {
  /// What products read: in the forward and for inputs, and for weights.
  private func operands(_ test: FormatCase) -> (rows: Ledger.Copy, columns: Ledger.Copy) {
    test.recipe == .bf16 ? (.bf16, .bf16) : (.rows, .columns)
  }

  /// What remains of an input of products that does not travel.
  private func keptInput(_ test: FormatCase, isRecomputed: Bool) -> Set<Ledger.Copy> {
    if test.recipe == .deepseek { return [.rows] }
    return isRecomputed || test.recipe == .bf16 ? [.bf16] : [.columns]
  }

  @Test("received rows have one maker of each copy", arguments: PrecisionRecipe.allCases)
  func receivedRows(recipe: PrecisionRecipe) {
    for test in FormatCase.all(recipe) {
      let kernels = test.kernels()
      let (rows, columns) = operands(test)
      var ledger = Ledger(test, [Ledger.travelling(test)])

      ledger.enter(kernels[.experts, .forward], "expert input", .forward)
      ledger.read(rows)
      let isCompact =
        test.recompute.contains(.moe) ? test.recipe != .bf16 : test.cached == .fp8
      let kept: Set<Ledger.Copy> =
        test.recipe.keepsQuantisedInputs
        ? (test.dispatch == .fp8 ? [.rows] : [.columns])
        : !isCompact ? [.bf16] : test.recipe == .bf16 ? [.tiles] : [.rows]
      ledger.keep(kept)
      ledger.enter(kernels[.experts, .backwardWeight], "expert input", .backwardWeight)
      ledger.read(columns)
      ledger.close()
      if let bytes = test.keptTokenBytes {
        let narrow = test.recipe == .bf16 ? 33.0 / 32 : test.recipe.operandBytes
        #expect(bytes == (kept == [.bf16] ? 2 : narrow), "\(test)")
      }
    }
  }

  @Test(
    "so do gradients, from the combined output to both products",
    arguments: PrecisionRecipe.allCases)
  func gradients(recipe: PrecisionRecipe) {
    for test in FormatCase.all(recipe) {
      let kernels = test.kernels()
      let (rows, columns) = operands(test)
      var own = Ledger(test, [.bf16])
      var received = Ledger(test, [Ledger.travelling(test)])

      own.enter(kernels[.residual, .backwardInput], "gradient to dispatch", .backwardInput)
      own.read(Ledger.travelling(test))
      if test.sharedExperts > 0 {
        own.enter(kernels[.feedForward, .backwardInput], "gradient of down", .backwardInput)
        own.read(rows)
        own.read(columns)
      }
      own.close()
      let name = "expert output gradient"
      received.enter(kernels[.experts, .backwardInput], name, .backwardInput)
      received.read(rows)
      received.enter(kernels[.experts, .backwardWeight], name, .backwardWeight)
      received.read(columns)
      received.close()
    }
  }

  @Test(
    "and a GPU's own tokens, which shared experts read too", arguments: PrecisionRecipe.allCases)
  func ownTokens(recipe: PrecisionRecipe) {
    for test in FormatCase.all(recipe) {
      let kernels = test.kernels()
      let (rows, columns) = operands(test)
      var ledger = Ledger(test, [.bf16])

      ledger.enter(kernels[.attention, .forward], "tokens to dispatch", .forward)
      ledger.read(Ledger.travelling(test))
      if test.sharedExperts > 0 {
        ledger.enter(kernels[.feedForward, .forward], "ffn input", .forward)
        ledger.read(rows)
        let recomputed = test.recompute.contains(.rmsnorm)
        ledger.keep(keptInput(test, isRecomputed: recomputed))
        ledger.enter(kernels[.feedForward, .backwardWeight], "ffn input", .backwardWeight)
        ledger.read(columns)
      }
      ledger.close()
    }
  }

  @Test("and outputs of SwiGLU", arguments: PrecisionRecipe.allCases)
  func swigluOutputs(recipe: PrecisionRecipe) {
    for test in FormatCase.all(recipe) {
      let kernels = test.kernels()
      let (rows, columns) = operands(test)
      let parts: [LayerKernels.Part] =
        test.sharedExperts > 0 ? [.feedForward, .experts] : [.experts]
      for part in parts {
        var ledger = Ledger(test, width: FormatCase.width, [.bf16])

        ledger.enter(kernels[part, .forward], "swiglu output", .forward)
        ledger.read(rows)
        let recomputed = test.recompute.contains(.swiglu)
        ledger.keep(keptInput(test, isRecomputed: recomputed))
        ledger.enter(kernels[part, .backwardWeight], "swiglu output", .backwardWeight)
        ledger.read(columns)
        ledger.close()
      }
    }
  }

  @Test(
    "SwiGLU's inputs are kept in FP8 at the price of a cast", arguments: PrecisionRecipe.allCases)
  func swigluInputs(recipe: PrecisionRecipe) {
    for test in FormatCase.all(recipe) {
      let kernels = test.kernels()
      let isCompact = test.cached == .fp8 && !test.recompute.contains(.moe)
      let readsTiles = isCompact && test.recipe == .deepseek
      let parts: [LayerKernels.Part] =
        test.sharedExperts > 0 ? [.feedForward, .experts] : [.experts]
      for part in parts {
        var ledger = Ledger(test, width: 2 * FormatCase.width, [.bf16])

        ledger.enter(kernels[part, .forward], "swiglu input", .forward)
        ledger.read(.bf16)
        ledger.keep(isCompact ? [.tiles] : [.bf16])
        ledger.enter(kernels[part, .backwardInput], "swiglu input", .backwardInput)
        ledger.read(readsTiles ? .tiles : .bf16)
        ledger.close()
        let input = readsTiles ? 33.0 / 32 : 2
        for kernel in kernels[part, .backwardInput] where kernel.kernelClass == .swiglu {
          let numbers = Double(kernel.shape.m * FormatCase.width)
          let others: Double = kernel.name == "swiglu backward" ? 6 : 2
          #expect(kernel.bytes == numbers * (2 * input + others), "\(test): \(kernel.name)")
        }
      }
    }
  }

  @Test("caches in FP8 take time beside products in BF16", arguments: [LayerKind.dense, .moe])
  func compactCaches(kind: LayerKind) throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    let timer = KernelTimer(gpu: gpu, recipe: .bf16, release: .february2025)
    func seconds(_ cached: Precision) -> Double {
      let kernels = FormatCase(recipe: .bf16, dispatch: .bf16, cached: cached).kernels(of: kind)
      return timer.seconds(kernels.all, sms: gpu.smCount)
    }

    #expect(seconds(.fp8) > seconds(.bf16))
  }

  @Test("products without transposed copies need no columns of received rows")
  func rowsAlone() {
    #expect(PrecisionRecipe.fp8Tensor.transpositionBytes(transposes: false) == nil)
    #expect(PrecisionRecipe.fp8Tensor.transpositionBytes(transposes: true) == 2)
  }

  @Test("recomputed inputs of up-projections are cast again, both ways, where casts are kept")
  func upProjections() {
    var test = FormatCase(recipe: .fp8Tile, dispatch: .bf16, cached: .bf16)
    test.recompute = [.rmsnorm, .attentionUpProjection]
    let kernels = test.kernels(of: .dense)
    func bytes(_ name: String, _ pass: LayerKernels.Pass) -> [Double] {
      kernels[.attention, pass].filter { $0.name == name }
        .map { $0.bytes / Double(FormatCase.tokens * FormatCase.hidden) }
    }

    #expect(bytes("attention input", .forward) == [2 + 33.0 / 32])
    #expect(bytes("attention input again", .backwardInput) == [2 + 33.0 / 16])
    #expect(bytes("attention input", .backwardWeight).isEmpty)
  }

  @Test("prefill keeps nothing, and casts what FP8 experts receive from attention in BF16")
  func prefill() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "qwen3-235b-a22b" })
    let work = LayerWork(
      tokens: 64, sequenceLength: 64, experts: model.experts, expertParallel: 8, gpusPerToken: 4)
    func casts(_ formats: ProductFormats) -> [String] {
      let kernels = LayerKernels.prefill(of: .moe, model: model, work: work, formats: formats)
      return LayerKernels.Part.allCases.flatMap { kernels[$0, .forward] }
        .filter { $0.kernelClass == .cast }.map(\.name)
    }
    let mixed = ProductFormats(gemm: .fp8, weights: WeightScheme(.fp8Tile, .experts))

    #expect(casts(ProductFormats(.bf16)).isEmpty)
    #expect(casts(mixed) == ["tokens to dispatch", "swiglu output"])
    #expect(
      casts(ProductFormats(.fp8)) == [
        "attention input", "attention output", "tokens to dispatch", "swiglu output",
      ])
  }
}
