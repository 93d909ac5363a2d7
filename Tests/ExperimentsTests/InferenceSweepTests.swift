// Inference throughput over batches and contexts, in both phases.

import Testing

@testable import Experiments

@Suite("Inference over batches and contexts")
struct InferenceSweepTests {
  @Test("prefill counts prompt tokens, has no time per output token, and gains from overlap")
  func prefill() throws {
    let points = InferenceSweep(phase: .prefill, cache: .bf16).run(
      batches: [2, 64], contexts: [4096])

    #expect(points.map(\.batch) == [2, 64])
    // 64 prompts of 4096 tokens exceed the memory of a GPU.
    #expect(points[1].results.allSatisfy { $0 == nil })
    let results = try points[0].results.map { try #require($0) }
    #expect(results.count == InferenceSweep.variants(.prefill).count)
    for result in results {
      let expected = 8 * 2 * 4096 / result.time
      #expect(abs(result.tokensPerSecondPerNode / expected - 1) < 1e-12)
      #expect(result.timePerOutputToken == nil)
    }
    // Without overlap, only the shared expert hides part of the exchanges.
    #expect(results[1].tokensPerSecondPerNode > results[0].tokensPerSecondPerNode)
    #expect(results[1].exposedShare < results[0].exposedShare)
  }

  @Test("decode yields one token per sequence and step, plus accepted drafts")
  func decode() throws {
    let point = try #require(
      InferenceSweep(phase: .decode, cache: .bf16).run(batches: [16], contexts: [1024]).first)

    for (variant, result) in zip(InferenceSweep.variants(.decode), point.results) {
      let result = try #require(result)
      let perSequence = 1 + (variant.mtpAcceptance ?? 0)
      #expect(
        abs(result.tokensPerSecondPerNode * result.time / (8 * 16 * perSequence) - 1) < 1e-12)
      let interval = try #require(result.timePerOutputToken)
      #expect(abs(interval * perSequence / result.time - 1) < 1e-12)
    }
  }

  @Test("a chunked prompt takes one step per chunk, each attending to the chunks before it")
  func chunks() throws {
    func result(_ context: Int, chunk: Int?) throws -> InferencePoint.Result {
      let sweep = InferenceSweep(phase: .prefill, cache: .bf16, chunk: chunk)
      let point = try #require(sweep.run(batches: [2], contexts: [context]).first)
      return try #require(point.results[1])
    }
    let whole = try result(9000, chunk: nil)
    let chunked = try result(9000, chunk: 4096)

    // 4096, 4096 and 808 tokens; keys and values of the prefixes are recomputed.
    #expect(whole.steps == 1 && chunked.steps == 3)
    #expect(chunked.time > whole.time)
    #expect(abs(chunked.tokensPerSecondPerNode * chunked.time / (8 * 2 * 9000) - 1) < 1e-12)
    // A chunk as long as the prompt is the whole prompt.
    #expect(try result(4096, chunk: 4096).time == result(4096, chunk: nil).time)
  }
}
