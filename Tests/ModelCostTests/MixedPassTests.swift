// Kernels of a pass with prompts and decoding sequences, and of a part of a prompt.

import Testing

@testable import ModelCost

@Suite("Prompts and decoding sequences in one pass")
struct MixedPassTests {
  private func kernels(
    _ name: String, prompts: Int, length: Int, decoding: DecodeWork?
  ) throws -> [Kernel] {
    let model = try #require(ModelSpec.catalogue.first { $0.name == name })
    let work = LayerWork(
      tokens: prompts + (decoding?.tokens ?? 0), sequenceLength: length, expertRows: 0,
      arrivedTokens: 0, localExperts: 0, decoding: decoding)
    return LayerKernels.prefill(
      of: .dense, model: model, work: work, formats: ProductFormats(.bf16))[.attention, .forward]
  }

  private let decoding = DecodeWork(
    sequences: 16, queries: 2, context: 3000, expertRows: 0, localExperts: 0, cache: .bf16)

  @Test(
    "attention is that of the prompts and that of the sequences",
    arguments: ["deepseek-v3", "deepseek-v3.2", "llama-3-8b"])
  func attention(name: String) throws {
    let both = try kernels(name, prompts: 4096, length: 2048, decoding: decoding)
    let alone = try kernels(name, prompts: 4096, length: 2048, decoding: nil)
    let model = try #require(ModelSpec.catalogue.first { $0.name == name })
    let decode = DecodeKernelBuilder(
      model: model, work: decoding, formats: ProductFormats(.bf16)
    ).kernels(of: .dense)[.attention, .forward]
    func cores(_ kernels: [Kernel]) -> [Kernel] {
      kernels.filter { $0.flops > 0 && $0.shape.k > 0 }
    }

    let core = try #require(alone.first { $0.name.hasPrefix("attention") && $0.flops > 0 })
    #expect(both.contains(core))
    for kernel in decode where kernel.kernelClass != .decodeGEMM && kernel.flops > 0 {
      guard kernel.kernelClass != .gemm else { continue }
      #expect(both.contains(kernel), "\(kernel.name)")
    }
    #expect(cores(both).count > cores(alone).count)
  }

  @Test("products see all tokens, keys and values only those of prompts")
  func products() throws {
    let both = try kernels("deepseek-v3", prompts: 4096, length: 2048, decoding: decoding)
    let rows = both.filter { $0.kernelClass == .gemm }.reduce(into: [String: Int]()) {
      $0[$1.name] = $1.shape.m
    }

    #expect(rows == ["q_a, kv_a": 4128, "q_b": 4128, "kv_b": 4096, "o": 4128])
  }

  @Test("one and a half prompts cost half of three")
  func parts() throws {
    let half = try kernels("deepseek-v3", prompts: 3072, length: 2048, decoding: nil)
    let all = try kernels("deepseek-v3", prompts: 6144, length: 2048, decoding: nil)
    let (one, other) = try (
      #require(half.first { $0.kernelClass == .attentionForward }),
      #require(all.first { $0.kernelClass == .attentionForward })
    )

    #expect(one.flops == other.flops / 2 && one.bytes == other.bytes / 2)
  }
}
