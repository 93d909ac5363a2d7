// The KV cache that a deployment has room for.

import Cluster
import ModelCost
import Testing
import Units

@testable import Serving

@Suite("Memory of a service")
struct ServiceMemoryTests {
  private func memory(
    _ index: Int, tokens: Int = 256, sequences: Int = 128, prefix: Int = 0,
    pool: CachePool = .usual
  ) throws -> ServiceMemory {
    var (spec, model, cluster) = try Deployment.all[index].spec()
    spec.pool = pool
    return try ServiceMemory(
      spec, model: model, cluster: cluster, tokensPerStep: tokens, sequencesPerStep: sequences,
      cachedPrefix: prefix)
  }

  @Test("a token takes 656 x 62 bytes in FP8 with drafts, and 70,272 in BF16 without")
  func bytesPerToken() throws {
    #expect(try memory(0).bytesPerToken == 656 * 62)
    #expect(try memory(1).bytesPerToken == 70_272)
    #expect(try memory(10).bytesPerToken == 2 * 8 * 128 * 2 * 80)
  }

  @Test("vLLM's cache is its fraction less weights, activations and overhead, in whole blocks")
  func fraction() throws {
    let result = try memory(1)
    let stage = result.stages[0]
    let free =
      (stage.capacity * 0.9).rounded(.down) - Double(Int(stage.weights + stage.work))
      - CachePool.usual.overhead.value

    #expect(result.poolTokens == Int(free / Double(64 * 70_272)) * 64)
    #expect(result.poolTokens % 64 == 0)
  }

  @Test("larger steps leave less cache, and what is left fits beside them")
  func activations() throws {
    for index in [1, 3, 4] {
      let (small, large) = try (memory(index, tokens: 64), memory(index, tokens: 2048))
      #expect(large.poolTokens < small.poolTokens)
      for (stage, memory) in large.stages.enumerated() {
        let cache = Double(large.poolTokens * 70_272)
        #expect(memory.total + cache <= memory.capacity, "stage \(stage)")
      }
    }
    #expect(try memory(3, prefix: 16_384).poolTokens < memory(3).poolTokens)
  }

  @Test("SGLang's rule is kept too, up to the memory that activations leave")
  func sglang() throws {
    let overhead = CachePool.usual.overhead
    let pool = CachePool(rule: .sglang, fraction: 0.8, block: 1, overhead: overhead)
    let all = CachePool(rule: .sglang, fraction: 1, block: 1, overhead: overhead)
    let stage = try memory(4, pool: pool).stages[0]

    #expect(
      stage.poolTokens
        == pool.tokens(
          memory: stage.capacity, weights: Int(stage.weights), perToken: 70_272))
    #expect(
      try memory(4, pool: all).poolTokens == Int(memory(4, pool: all).stages[0].cacheRoom / 70_272))
  }

  @Test("weights that leave no room for a token are refused")
  func refusal() throws {
    var (spec, model, cluster) = try Deployment.all[4].spec()
    cluster.node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })

    let error = #expect(throws: InferenceRefusal.self) {
      try ServiceMemory(
        spec, model: model, cluster: cluster, tokensPerStep: 128, sequencesPerStep: 128)
    }
    #expect(error?.description.contains("out of memory") == true)
    spec.pool.fraction = 0.1
    #expect(throws: InferenceRefusal.self) {
      try ServiceMemory(
        spec, model: model, cluster: cluster, tokensPerStep: 128, sequencesPerStep: 128)
    }
  }
}
