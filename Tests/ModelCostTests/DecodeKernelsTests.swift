// Kernels of decoding: operation and byte counts by formula.

import Cluster
import Testing

@testable import ModelCost

@Suite("Decode kernels")
struct DecodeKernelsTests {
  private let timer: KernelTimer
  private let latent = SparseMeasurements.latent

  init() throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)
  }

  private func attention(
    _ sequences: Int, _ context: Int, queries: Int = 1, cache: CacheFormat = .bf16
  ) -> Kernel {
    .attentionDecode(
      sequences: sequences, queries: queries, context: context, latent: latent, cache: cache)
  }

  @Test("absorbed attention: 278,528 FLOPs per query and cached token, 1,152 or 656 bytes of cache")
  func counts() {
    let kernel = attention(1, 4096)

    #expect(kernel.flops == 278_528 * 4096)
    // A query of 576 and a result of 512 numbers for each of 128 heads, in BF16.
    let bytes: Double = 4096 * 1152 + 128 * (576 + 512) * 2
    #expect(kernel.bytes == bytes)
    #expect(latent.cacheBytes(.bf16) == 1152)
    #expect(latent.cacheBytes(.fp8Tile) == 656)
  }

  @Test("a second query costs more than none and less than another step")
  func twoQueries() {
    let one = timer.time(attention(64, 8192), sms: 132).seconds
    let two = timer.time(attention(64, 8192, queries: 2), sms: 132).seconds

    #expect(two > one && two < 2 * one)
  }

  @Test("over an FP8 cache, at most 410 TFLOPS are reached: fact attn.flashmla.sparse")
  func fp8Cache() {
    let kernel = attention(128, 16384, cache: .fp8Tile)
    #expect(timer.time(kernel, sms: 132).seconds >= kernel.flops / 410e12 * (1 - 1e-12))
  }

  @Test("a layer's products match its parameters, each weight used once per token")
  func layer() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    let work = DecodeWork(
      sequences: 3, queries: 2, context: 100, expertRows: 48, localExperts: 2, cache: .bf16)
    let builder = DecodeKernelBuilder(model: model, work: work, formats: ProductFormats(.fp8))

    let kernels = builder.kernels(of: .moe)

    let products = kernels[.attention, .forward].filter {
      $0.kernelClass == .decodeGEMM || $0.kernelClass == .batchedGEMM
    }
    let flops = products.reduce(0) { $0 + $1.flops }
    #expect(flops == 2 * 6 * Double(model.attentionLinearParameters))
    let experts = kernels[.experts, .forward].reduce(0) { $0 + $1.flops }
    #expect(experts == 2 * 48 * Double(model.expertParameters))
  }

  @Test("a grouped layer's products match its parameters; each GPU of two has half of them")
  func groupedLayer() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "llama-3-8b" })
    func products(tensor: Int) -> Double {
      let work = DecodeWork(
        sequences: 3, queries: 1, context: 100, expertRows: 0, localExperts: 0, cache: .bf16,
        tensor: tensor)
      let kernels = DecodeKernelBuilder(model: model, work: work, formats: ProductFormats(.bf16))
        .kernels(of: .dense)
      return kernels.all.reduce(0) { $0 + ($1.kernelClass == .decodeGEMM ? $1.flops : 0) }
    }

    let linear = model.attentionLinearParameters + model.denseFeedForwardParameters
    #expect(products(tensor: 1) == 2 * 3 * Double(linear))
    #expect(products(tensor: 2) == 3 * Double(linear))
  }

  @Test("a layer with a window reads its window of keys: 4 KV bytes a key, head and number")
  func window() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "gpt-oss-120b" })
    let work = DecodeWork(
      sequences: 2, queries: 1, context: 8192, expertRows: 8, localExperts: 128, cache: .bf16)
    func bytes(_ kind: LayerKind) -> Double {
      let kernels = DecodeKernelBuilder(model: model, work: work, formats: ProductFormats(.bf16))
        .kernels(of: kind)
      return kernels.all.filter { $0.kernelClass == .groupedAttentionDecode }
        .reduce(0) { $0 + $1.bytes }
    }

    // Queries and results of 64 heads of 64, in BF16.
    let ends = 2.0 * 64 * 64 * 2 * 2
    #expect(bytes(.moe) - ends == 2 * 8192 * 8 * 64 * 4)
    #expect(bytes(.moeWindowed) - ends == 2 * 128 * 8 * 64 * 4)
  }

  @Test("narrow weights are read in their format: two bytes less 33/64 a number of INT4")
  func storedWeights() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "llama-3-8b" })
    let work = DecodeWork(
      sequences: 1, queries: 1, context: 1, expertRows: 0, localExperts: 0, cache: .bf16)
    func bytes(_ weights: WeightScheme) -> Double {
      DecodeKernelBuilder(
        model: model, work: work, formats: ProductFormats(gemm: .bf16, weights: weights)
      ).kernels(of: .dense).all.reduce(0) { $0 + $1.bytes }
    }

    let linear = Double(model.attentionLinearParameters + model.denseFeedForwardParameters)
    let saved = bytes(.bf16) - bytes(WeightScheme(.int4Group128))
    #expect(saved == linear * (2 - 0.5 - 2.0 / 128))
  }
}
