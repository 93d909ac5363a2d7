// Grouped products of fewer rows than experts: small batches, and experts without tokens.

import Cluster
import Testing

@testable import ModelCost

@Suite("Fewer rows than experts")
struct FewRowsTests {
  private let timer: KernelTimer
  private let model: ModelSpec

  init() throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)
    model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
  }

  /// The routed experts of a GPU that holds 9: prefill uses the kernels of training's forward pass.
  private func training(rows: Int, _ pass: LayerKernels.Pass, precision: TrainingPrecision)
    -> [Kernel]
  {
    LayerKernelBuilder(
      model: model,
      work: LayerWork(
        tokens: 1, sequenceLength: 1, expertRows: rows, arrivedTokens: rows, localExperts: 9),
      precision: precision, activations: .deepseekV3
    ).kernels(of: .moe)[.experts, pass]
  }

  private func decoding(rows: Int) -> [Kernel] {
    let work = DecodeWork(
      sequences: 1, queries: 1, context: 1, expertRows: rows, localExperts: 9, cache: .bf16)
    return DecodeKernelBuilder(model: model, work: work, formats: ProductFormats(.fp8))
      .kernels(of: .moe)[.experts, .forward]
  }

  private func expectRising(
    _ seconds: [Double], _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(seconds.allSatisfy { $0.isFinite && $0 >= 0 }, sourceLocation: location)
    let pairs = zip(seconds, seconds.dropFirst())
    #expect(pairs.allSatisfy { $0 <= $1 }, "\(seconds)", sourceLocation: location)
    #expect(seconds[0] < seconds[1], sourceLocation: location)
  }

  @Test(
    "training times are finite and do not fall as rows are added",
    arguments: LayerKernels.Pass.allCases)
  func training(pass: LayerKernels.Pass) {
    for precision in [TrainingPrecision.deepseekV3, .bf16] {
      expectRising(
        (0...9).map { timer.seconds(training(rows: $0, pass, precision: precision), sms: 132) })
    }
  }

  @Test("decoding times are finite and do not fall as rows are added")
  func decoding() {
    expectRising((0...9).map { timer.seconds(decoding(rows: $0), sms: 132) })
  }

  @Test("only experts with rows are read and multiplied, in every phase")
  func experts() throws {
    for rows in 0...9 {
      let weights = Double(rows * model.expertParameters)
      let lists = [
        training(rows: rows, .forward, precision: .deepseekV3),
        training(rows: rows, .backwardInput, precision: .deepseekV3),
        training(rows: rows, .backwardWeight, precision: .deepseekV3), decoding(rows: rows),
      ]
      for kernels in lists {
        let products = kernels.filter { $0.flops > 0 }
        #expect(products.count == (rows > 0 ? 2 : 0))
        #expect(products.allSatisfy { ($0.shape.groups, $0.shape.m) == (rows, 1) })
        #expect(products.reduce(0) { $0 + $1.flops } == 2 * weights)
      }
    }
  }

  @Test("a kernel without rows takes no time")
  func none() {
    let kernels = [
      Kernel.gemm("", groups: 0, m: 0, n: 4096, k: 7168, precision: .fp8),
      .weightGEMM("", groups: 0, tokens: 0, n: 4096, k: 7168, precision: .fp8),
      .maskedGEMM("", experts: 0, m: 0, n: 4096, k: 7168, precision: .fp8),
      .memory("", .permute, tokens: 0, bytesPerToken: 7168),
    ]

    for kernel in kernels {
      #expect(timer.time(kernel, sms: 132).seconds == 0)
    }
  }
}
