// Kernels of decoding: operation and byte counts by formula, times at the measured points.

import Cluster
import Testing

@testable import ModelCost

@Suite("Decode kernels")
struct DecodeKernelsTests {
  private let timer: KernelTimer
  private let latent = AttentionDecodeMeasurements.latent

  init() throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    timer = KernelTimer(gpu: gpu, release: .april2025)
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
    #expect(kernel.bytes == 4096 * 1152 + 128 * (576 + 512) * 2)
    #expect(latent.cacheBytes(.bf16) == 1152)
    #expect(latent.cacheBytes(.fp8Tile) == 656)
  }

  @Test("attention takes the measured time at measured sizes: fact attn.mla_decode")
  func attentionTimes() {
    for row in AttentionDecodeMeasurements.rows {
      let time = timer.time(attention(row.sequences, row.context), sms: 132)
      #expect(abs(time.seconds * 1e6 - row.microseconds) < 1e-6 * row.microseconds)
      #expect(time.source.text == "attn.mla_decode")
    }
  }

  @Test("a second query costs more than none and less than another step")
  func twoQueries() {
    let one = timer.time(attention(64, 8192), sms: 132).seconds
    let two = timer.time(attention(64, 8192, queries: 2), sms: 132)

    #expect(two.seconds > one && two.seconds < 2 * one)
    #expect(two.source.text.contains("2 queries by roofline"))
  }

  @Test("over an FP8 cache, at most 410 TFLOPS are reached: fact attn.flashmla.sparse")
  func fp8Cache() {
    let kernel = attention(128, 16384, cache: .fp8Tile)
    #expect(timer.time(kernel, sms: 132).seconds >= kernel.flops / 410e12 * (1 - 1e-12))
  }

  @Test("experts in the masked layout take the measured time: fact gemm.infersim.grouped_decode")
  func masked() {
    for row in MaskedGEMMMeasurements.all {
      let kernel = Kernel.maskedGEMM(
        "", experts: row.groups, m: row.m, n: row.n, k: row.k, precision: .fp8)
      let time = timer.time(kernel, sms: 132)
      #expect(abs(time.seconds * 1e6 - row.microseconds) < 1e-6 * row.microseconds)
    }
  }

  @Test("a layer's products match its parameters, each weight used once per token")
  func layer() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    let work = DecodeWork(
      sequences: 3, queries: 2, context: 100, expertRows: 48, localExperts: 2, cache: .bf16)
    let builder = try #require(DecodeKernelBuilder(model: model, work: work, precision: .fp8))

    let kernels = builder.kernels(of: .moe)

    let products = kernels[.attention, .forward].filter {
      $0.kernelClass == .decodeGEMM || $0.kernelClass == .batchedGEMM
    }
    let flops = products.reduce(0) { $0 + $1.flops }
    #expect(flops == 2 * 6 * Double(model.attentionLinearParameters))
    let experts = kernels[.experts, .forward].reduce(0) { $0 + $1.flops }
    #expect(experts == 2 * 48 * Double(model.expertParameters))
  }

  @Test("a model without latent attention has no decode kernels")
  func grouped() throws {
    let model = try #require(ModelSpec.catalogue.first { $0.name == "mixtral-8x7b" })
    let work = DecodeWork(
      sequences: 1, queries: 1, context: 1, expertRows: 1, localExperts: 1, cache: .bf16)
    #expect(DecodeKernelBuilder(model: model, work: work, precision: .bf16) == nil)
  }
}
