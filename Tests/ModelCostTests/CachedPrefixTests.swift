// Prompts computed in pieces: attention covers the cached prefix, which is not computed again.

import Cluster
import Testing

@testable import ModelCost

@Suite("Prompts behind a cached prefix")
struct CachedPrefixTests {
  private func kernels(length: Int, prefix: Int, sequences: Int = 2) -> LayerKernels {
    LayerKernelBuilder(
      model: .deepseekV3,
      work: LayerWork(
        tokens: sequences * length, sequenceLength: length, expertRows: 0, arrivedTokens: 0,
        localExperts: 9,
        prefix: prefix > 0 ? CachedPrefix(tokens: prefix, format: .bf16) : nil),
      precision: .deepseekV3, activations: .deepseekV3
    ).kernels(of: .dense)
  }

  private func core(_ length: Int, cached: Int) -> Kernel {
    .attentionForward(
      sequences: 2, length: length, cached: cached, heads: 128, keyHeads: 128,
      queryHead: 192, valueHead: 128)
  }

  @Test(
    "a prompt in pieces has the same attention as the whole prompt",
    arguments: [[4096, 4096], [1, 8191], [1000, 3096, 4096], [8192]])
  func pieces(lengths: [Int]) {
    var done = 0
    var flops = 0.0
    for length in lengths {
      flops += core(length, cached: done).flops
      done += length
    }

    #expect(flops == core(8192, cached: 0).flops)
  }

  @Test("attention writes the results of its own tokens and reads all keys and values once")
  func bytes() {
    // 2 sequences in BF16: queries and results of 1000 tokens, keys and values of 4000.
    let width = 128.0 * (192 + 128) * 2
    let (behind, alone) = (10_000 * width, 4_000 * width)
    #expect(core(1000, cached: 3000).bytes == behind)
    #expect(core(1000, cached: 0).bytes == alone)
  }

  @Test("a prefix in FP8 is read in one byte a number, also by tokens with a window")
  func narrowPrefix() {
    func core(cachedBytes: Int) -> Kernel {
      .attentionForward(
        sequences: 1, length: 100, cached: 900, cachedBytes: cachedBytes, heads: 8, keyHeads: 2,
        queryHead: 64, valueHead: 64)
    }
    let (wide, narrow) = (core(cachedBytes: 2), core(cachedBytes: 1))

    #expect(wide.bytes - narrow.bytes == 900 * 2 * 128)
    #expect(narrow.flops == wide.flops)
    // A window of 128 reaches 127 keys before the first token.
    let last = narrow.attending(to: .last(128), of: 100, cachedBytes: 1)
    #expect(narrow.bytes - last.bytes == (900 - 127) * 2 * 128)
  }

  @Test("of a prefix, tokens with a window read the keys that it reaches")
  func window() {
    func bytes(_ keys: AttendedKeys, cached: Int) -> Double {
      core(64, cached: cached).attending(to: keys, of: 64).bytes
    }
    // 2 sequences in BF16: queries and results of 64 tokens, keys and values of 127 + 64.
    let sliding = Double(2 * (64 + 191) * 128 * (192 + 128) * 2)
    for cached in [127, 128, 1_000, 100_000] {
      #expect(bytes(.last(128), cached: cached) == sliding)
    }
    #expect(bytes(.last(128), cached: 100) == core(64, cached: 100).bytes)
    // A chunk of 128 begins 104 tokens before the first of these.
    #expect(bytes(.chunk(128), cached: 1_000) == core(64, cached: 104).bytes)
  }

  @Test(
    "two pieces of a layer take the computation of the whole, plus the prefix's keys and values")
  func layer() throws {
    func flops(_ kernels: LayerKernels) -> Double {
      LayerKernels.Part.allCases.flatMap { kernels[$0, .forward] }.reduce(0) { $0 + $1.flops }
    }
    let second = kernels(length: 3072, prefix: 1024)
    let again = try #require(
      second[.attention, .forward].first { $0.name == "kv_b of the prefix" })

    // 2 x 1024 latents of width 512 are projected to 128 heads of 128 + 128.
    let upProjection = 2.0 * 2048 * 512 * 128 * 256
    #expect(again.flops == upProjection)
    let pieces = flops(kernels(length: 1024, prefix: 0)) + flops(second) - again.flops
    #expect(pieces == flops(kernels(length: 4096, prefix: 0)))
  }

  @Test("the cache is read once in its own format, at 656 bytes per token in FP8")
  func cache() throws {
    let builder = LayerKernelBuilder(
      model: .deepseekV3,
      work: LayerWork(
        tokens: 100, sequenceLength: 100, expertRows: 0, arrivedTokens: 0, localExperts: 9,
        prefix: CachedPrefix(tokens: 1000, format: .fp8Tile)),
      precision: .bf16, activations: .deepseekV3)

    let read = builder.kernels(of: .dense)[.attention, .forward].first {
      $0.name == "latents of the prefix"
    }
    // 1000 times 656 bytes read, and 512 numbers each written in BF16 for the product.
    #expect(read?.bytes == 1_680_000)
  }

  @Test(
    "attention costs no less a pair of query and key than in a prompt with as many keys a query")
  func efficiency() {
    let timer = KernelTimer(gpu: GPUSpec.h800, recipe: .deepseek, release: .april2025)
    let behind = timer.time(core(4096, cached: 6144), sms: 132)

    // A query has 6144 + 2048 keys on average, as in a prompt of 16384.
    let whole = timer.time(core(16384, cached: 0), sms: 132)
    let perPair = behind.seconds / core(4096, cached: 6144).flops
    let perWholePair = whole.seconds / core(16384, cached: 0).flops
    #expect(perPair >= perWholePair && perPair < 1.1 * perWholePair)
    #expect(behind.source.text == "attn.mla_prefill")
  }
}
