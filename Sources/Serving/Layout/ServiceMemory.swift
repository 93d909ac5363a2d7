// Memory of a service: what a GPU holds beside the KV cache, and how many tokens the cache has.
//
// Activations are those of the largest step, as an engine measures them before it sizes its cache:
// vLLM takes them out of its fraction of the memory, SGLang leaves them in the rest. Nothing else
// than CachePool's rule decides, except that a cache never has more than the memory that is left.

import Cluster
import ModelCost

/// The KV cache of a deployment.
package struct ServiceMemory: Hashable, Sendable {
  /// Tokens of an attention group that the cache of every stage holds.
  package let poolTokens: Int
  /// Bytes of a token in the caches of all layers, drafts included, counted once for a tensor group
  /// whose GPUs hold copies: what a transfer to another unit moves.
  package let bytesPerToken: Int
  /// Memory of a GPU of each stage in the largest step.
  package let stages: [InferenceMemory]

  /// Sizes the cache.
  ///
  /// - Parameters:
  ///   - base: layout, formats, pool and drafts; its phase says which kernels exchange tokens, and
  ///     its batch and context have no effect.
  ///   - model: the model that is served.
  ///   - cluster: the GPUs whose memory is divided.
  ///   - tokensPerStep: the most tokens of an attention group that a step computes.
  ///   - sequencesPerStep: the most sequences whose logits it computes.
  ///   - cachedPrefix: the longest part of a prompt that may be cached when the rest is computed.
  /// - Precondition: the spec has no problems for model and cluster.
  /// - Throws: `InferenceRefusal` if weights and activations leave no room for a token.
  package init(
    _ base: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, tokensPerStep: Int,
    sequencesPerStep: Int, cachedPrefix: Int = 0
  ) throws(InferenceRefusal) {
    var spec = base
    spec.decoding = nil
    switch base.phase {
    case .decode:
      let queries = max(1, base.queries)
      (spec.batch, spec.context) = ((tokensPerStep + queries - 1) / queries, 0)
    case .prefill:
      // One long prompt, and sequences that decode without a cache.
      (spec.batch, spec.context, spec.cachedPrefix) = (1, tokensPerStep, cachedPrefix)
    }
    let held = StageWeights.stages(
      of: spec.layout, model, scheme: spec.formats.weights, cache: spec.kvCache,
      redundant: spec.redundantExperts, drafts: spec.drafts(of: model),
      absorbedCopy: spec.absorbedCopy)
    var stages = InferenceMemory.stages(spec, model, gpu: cluster.node.gpu)
    var pools: [Int] = []
    for stage in stages.indices {
      stages[stage].cachePerSequence = 0
      if base.phase == .prefill, stage == stages.count - 1 {
        stages[stage].decodingWork = Double(max(0, sequencesPerStep - 1) * model.vocabulary * 4)
      }
      let memory = stages[stage]
      let perToken = held[stage].cachePerToken
      let buffers = memory.fixed - spec.pool.overhead.value
      let inside =
        spec.pool.rule == .vllm ? memory.weights + memory.work + buffers : memory.weights
      let pool = spec.pool.tokens(
        memory: memory.capacity, weights: Int(inside), perToken: perToken)
      let room = Int(memory.cacheRoom / Double(perToken)) / spec.pool.block * spec.pool.block
      stages[stage].poolTokens = min(pool, room)
      pools.append(min(pool, room))
    }
    // Every stage of a pipeline keeps the caches of all batches in flight: one pool for them.
    poolTokens = pools.min() ?? 0
    let copies = StageWeights.stages(
      of: InferenceLayout(), model, scheme: .bf16, cache: spec.kvCache,
      drafts: spec.drafts(of: model))
    bytesPerToken = copies.reduce(0) { $0 + $1.cachePerToken }
    self.stages = stages
    var worst = stages.dropFirst().reduce(stages[0]) { $1.poolTokens < $0.poolTokens ? $1 : $0 }
    guard worst.poolTokens > 0 else {
      // What the rule leaves unused is kept, too.
      worst.fixed += worst.capacity * (1 - spec.pool.fraction)
      throw .memory(MemoryShortage(worst, spec, model, cluster))
    }
  }
}
