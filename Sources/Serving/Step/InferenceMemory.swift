// Memory of a GPU in a step: weights, cache, exchange buffers, activations.
//
// In a pipeline a batch is in every stage, and each stage keeps the caches of all of them. Layers
// with a window keep every token, as engines without pools of their own for such layers do.

import Cluster
import ModelCost
import Recording
import Text
import Units

/// Memory of one GPU of a stage.
package struct InferenceMemory: Hashable, Sendable {
  /// CUDA context, communication libraries and the allocator's slack.
  package static let assumedReservedBytes = 4.0 * 1_073_741_824
  /// Buffers of the normal kernels on NVLink and network together.
  package static let assumedExchangeBufferBytes = 1_073_741_824.0

  /// Tokens of cached prefixes whose keys and values, for all heads, a GPU reconstructs at a time.
  package static let assumedPrefixPiece = 65_536

  /// The stage, from 0.
  package var stage: Int
  /// Weights on the GPU, its slots for experts included.
  package var weights: Double
  /// Cache of one sequence.
  package var cachePerSequence: Double
  /// Tokens of an attention group that an engine's KV cache holds.
  package var poolTokens: Int
  /// Batches whose caches the stage keeps: one for each stage of a pipeline.
  package var batchesInFlight: Int
  /// Buffers and activations that grow with each sequence.
  package var workPerSequence: Double
  /// Keys and values of one sequence's cached prefix while a layer runs.
  package var prefixPerSequence = 0.0
  /// Their maximum for all sequences together.
  package var prefixPiece = 0.0
  /// Cache of the sequences that decode beside prompts.
  package var decodingCache = 0.0
  /// Their activations.
  package var decodingWork = 0.0
  /// Memory that does not depend on the batch: the runtime, and fixed buffers.
  package var fixed: Double
  /// Memory of the GPU.
  package var capacity: Double
  /// Sequences of the step.
  package var batch: Int

  /// Total, bytes.
  package var total: Double {
    weights + fixed + cache + work
  }

  /// Cache of all batches in flight.
  private var cache: Double {
    Double(batchesInFlight * batch) * cachePerSequence + Double(batchesInFlight) * decodingCache
  }

  /// Buffers and activations of all sequences.
  var work: Double {
    Double(batch) * workPerSequence + min(Double(batch) * prefixPerSequence, prefixPiece)
      + decodingWork
  }

  /// The largest number of sequences that fits; 0 if not even the weights fit.
  package var largestBatch: Int {
    let free =
      capacity - weights - fixed - decodingWork - Double(batchesInFlight) * decodingCache
    let perSequence = Double(batchesInFlight) * cachePerSequence + workPerSequence
    // Prefixes as a whole, or in full pieces, whichever needs less.
    let most = max(free / (perSequence + prefixPerSequence), (free - prefixPiece) / perSequence)
    return max(0, Int(most.rounded(.down)))
  }

  /// Memory left for the cache.
  package var cacheRoom: Double { max(0, capacity - weights - fixed - work) }

  /// The memory of every stage of a step.
  static func stages(_ spec: InferenceSpec, _ model: ModelSpec, gpu: GPUSpec) -> [InferenceMemory] {
    StageWeights.stages(
      of: spec.layout, model, scheme: spec.formats.weights, cache: spec.kvCache,
      redundant: spec.redundantExperts, drafts: spec.drafts(of: model),
      absorbedCopy: spec.absorbedCopy
    ).enumerated().map { stage, held in
      InferenceMemory(spec: spec, model: model, gpu: gpu, stage: stage, held: held)
    }
  }

  private init(spec: InferenceSpec, model: ModelSpec, gpu: GPUSpec, stage: Int, held: StageWeights)
  {
    self.stage = stage
    batch = spec.batch
    batchesInFlight = spec.layout.pipeline
    capacity = gpu.memory.value
    weights = Double(held.weights)
    poolTokens = spec.pool.tokens(
      memory: capacity, weights: held.weights, perToken: held.cachePerToken)
    let share = spec.layout.withExpertShare(model).tensorShare(spec.layout.tensor)
    if case .latent(let latent) = share.attention, latent.indexer == nil {
      let keysAndValues = latent.heads * (latent.queryHead + latent.valueHead)
      let bytes = Double(keysAndValues * Precision.bf16.bytes)
      prefixPerSequence = Double(spec.cachedPrefix) * bytes
      prefixPiece = Double(Self.assumedPrefixPiece) * bytes
    }
    cachePerSequence = Double(held.cachePerToken) * Double(spec.cachedPrefix + spec.context)
    let perToken = Self.activationsPerToken(share)
    // Only the last stage has logits, of the whole vocabulary.
    let hasLogits = stage == spec.layout.pipeline - 1
    let logits = hasLogits ? Double(model.vocabulary) * 4 : 0
    switch spec.phase {
    case .decode:
      workPerSequence = Double(spec.queries) * (Self.places(spec, model) + perToken + logits)
    case .prefill:
      workPerSequence = Double(spec.queries) * perToken + logits
    }
    if let decoding = spec.decoding {
      decodingCache =
        Double(held.cachePerToken) * Double(decoding.sequences) * Double(decoding.context)
      decodingWork = Double(decoding.tokens) * (perToken + logits)
    }
    let hasBuffers = spec.phase == .prefill && spec.layout.expertPath == .allToAll
    fixed = spec.pool.overhead.value + (hasBuffers ? Self.assumedExchangeBufferBytes : 0)
  }

  /// Bytes that the low-latency kernels reserve for a token: a place for every expert and token of
  /// a GPU, for sending and for receiving, twice (DeepEP csrc/config.hpp).
  private static func places(_ spec: InferenceSpec, _ model: ModelSpec) -> Double {
    guard spec.layout.expertPath == .allToAll else { return 0 }
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0, dispatch: .fp8, combine: .bf16)
    let slots = Double((model.experts?.routed ?? 0) + spec.redundantExperts)
    return 4 * slots * Double(messages.combinePayload) / Double(spec.layout.tensor)
  }

  /// Peak memory of one token while a layer runs: q, k, v and the attention output of all heads in
  /// BF16, or the rows of its experts with their SwiGLU inputs.
  private static func activationsPerToken(_ model: ModelSpec) -> Double {
    var attention = 4 * model.hidden
    switch model.attention {
    case .latent(let latent):
      attention += latent.heads * 2 * (latent.queryHead + latent.valueHead)
    case .grouped(let grouped):
      attention += grouped.projectionWidth + grouped.heads * grouped.headSize
    }
    let rows = model.experts?.topK ?? 0
    let experts = 4 * model.hidden + rows * (model.hidden + 3 * (model.experts?.intermediate ?? 0))
    let dense = model.denseLayers > 0 ? 3 * (model.hidden + model.denseIntermediate) : 0
    return Double(max(attention, experts, dense) * Precision.bf16.bytes)
  }

  /// Rows for results; they sum to `total`.
  func uses(gpus: Int) -> [MemoryUse] {
    [
      (MemoryKind.weights, weights), (.kvCache, cache), (.workspace, work), (.reserved, fixed),
    ].map { MemoryUse(rank: stage, gpus: gpus, kind: $0.0, bytes: Bytes($0.1)) }
  }
}
