// Conversions of each recipe: which passes a dense layer makes, and how many bytes they move.

import Testing

@testable import ModelCost

@Suite("Recipes for narrow products")
struct RecipeTests {
  private let model = ModelSpec(
    name: "small", hidden: 1024, layers: 1, vocabulary: 1000,
    attention: .grouped(GroupedAttention(heads: 8, kvHeads: 8, headSize: 128)),
    denseIntermediate: 4096, experts: nil, mtpModules: 0, source: "test")

  /// Bytes of casts in a dense layer, by pass, for one token.
  private func castBytes(
    _ recipe: PrecisionRecipe, _ pass: LayerKernels.Pass, transposes: Bool = true
  ) -> Double {
    var precision = TrainingPrecision.bf16
    (precision.gemm, precision.recipe) = (recipe == .bf16 ? .bf16 : .fp8, recipe)
    precision.transposes = transposes
    let kernels = LayerKernelBuilder(
      model: model,
      work: LayerWork(
        tokens: 1, sequenceLength: 1, experts: nil, expertParallel: 1, gpusPerToken: 0),
      precision: precision, activations: ActivationPolicy(recompute: [], cached: .bf16)
    ).kernels(of: .dense)
    return LayerKernels.Part.allCases.reduce(0) { sum, part in
      sum
        + kernels[part, pass].filter {
          $0.kernelClass == .cast || $0.kernelClass == .maximum
        }.reduce(0) { $0 + $1.bytes }
    }
  }

  /// Inputs of the four products: attention and its output, feed-forward and SwiGLU's output.
  private let inputs = 1024.0 + 1024 + 1024 + 4096
  /// Gradients that products read: of q, k, v, of o, of gate and up, of down.
  private let gradients: Double = 3 * 1024 + 1024 + 2 * 4096 + 1024

  @Test("an input is cast once a forward: a byte pair read, its formats written")
  func forward() {
    #expect(castBytes(.bf16, .forward) == 0)
    #expect(castBytes(.deepseek, .forward) == inputs * (2 + 1 + 4.0 / 128))
    #expect(castBytes(.fp8Tile, .forward) == inputs * (2 + 2 * (1 + 4.0 / 128)))
    #expect(castBytes(.mxfp8, .forward) == inputs * (2 + 2 * 33.0 / 32))
    // Current scaling reads once more for the maximum; Hopper also writes a transposed copy.
    #expect(castBytes(.fp8Tensor, .forward) == inputs * (2 + 2 + 2))
    #expect(castBytes(.fp8Tensor, .forward, transposes: false) == inputs * (2 + 2 + 1))
    #expect(castBytes(.fp8TensorDelayed, .forward) == inputs * (2 + 2))
  }

  @Test("only DeepSeek's recipe transposes kept inputs in the backward for weights")
  func backward() {
    for recipe in PrecisionRecipe.allCases {
      let transposed = castBytes(recipe, .backwardWeight)
      #expect(transposed == (recipe == .deepseek ? inputs * 2 : 0), "\(recipe)")
    }
    #expect(castBytes(.deepseek, .backwardInput) == gradients * 4)
    #expect(castBytes(.fp8Tile, .backwardInput) == gradients * (2 + 2 * (1 + 4.0 / 128)))
  }
}
