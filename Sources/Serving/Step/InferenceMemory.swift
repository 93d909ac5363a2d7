// Memory of a GPU in a step: weights, cache, exchange buffers, activations.

import Cluster
import ModelCost
import Recording
import Text
import Units

/// Memory of one GPU.
package struct InferenceMemory: Hashable, Sendable {
  /// CUDA context, communication libraries and the allocator's slack.
  package static let assumedReservedBytes = 4.0 * 1_073_741_824
  /// Buffers of the normal kernels on NVLink and network together.
  package static let assumedExchangeBufferBytes = 1_073_741_824.0

  /// Tokens of cached prefixes whose keys and values, for all heads, a GPU reconstructs at a time.
  package static let assumedPrefixPiece = 65_536

  /// Weights on the GPU, its slots for experts included.
  package var weights: Double
  /// Cache of one sequence.
  package var cachePerSequence: Double
  /// Buffers and activations that grow with each sequence.
  package var workPerSequence: Double
  /// Keys and values of one sequence's cached prefix while a layer runs.
  package var prefixPerSequence = 0.0
  /// Their maximum for all sequences together.
  package var prefixPiece = 0.0
  /// Memory that does not depend on the batch: the runtime, and fixed buffers.
  package var fixed: Double
  /// Memory of the GPU.
  package var capacity: Double
  /// Sequences of the step.
  package var batch: Int

  /// Total, bytes.
  package var total: Double {
    weights + fixed + Double(batch) * cachePerSequence + work
  }

  /// Buffers and activations of all sequences.
  private var work: Double {
    Double(batch) * workPerSequence + min(Double(batch) * prefixPerSequence, prefixPiece)
  }

  /// The largest number of sequences that fits; 0 if not even the weights fit.
  package var largestBatch: Int {
    let free = capacity - weights - fixed
    let perSequence = cachePerSequence + workPerSequence
    // Prefixes as a whole, or in full pieces, whichever needs less.
    let most = max(free / (perSequence + prefixPerSequence), (free - prefixPiece) / perSequence)
    return max(0, Int(most.rounded(.down)))
  }

  /// Memory left for the cache.
  package var cacheRoom: Double { max(0, capacity - weights - fixed - work) }

  /// The memory of a step.
  init(spec: InferenceSpec, model: ModelSpec, gpu: GPUSpec, slotsPerGPU: Int) {
    batch = spec.batch
    capacity = gpu.memory.value
    weights = Self.weights(spec, model, slotsPerGPU: slotsPerGPU)
    let layers = model.layers + (spec.mtpAcceptance == nil ? 0 : model.mtpModules)
    let cache = Double(model.cacheBytesPerLayer(spec.kvCache) * layers)
    if case .latent(let latent) = model.attention {
      let keysAndValues = latent.heads * (latent.queryHead + latent.valueHead)
      let bytes = Double(keysAndValues * Precision.bf16.bytes)
      prefixPerSequence = Double(spec.cachedPrefix) * bytes
      prefixPiece = Double(Self.assumedPrefixPiece) * bytes
    }
    cachePerSequence = cache * Double(spec.cachedPrefix + spec.context)
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0, dispatch: .fp8, combine: .bf16)
    let slots = Double((model.experts?.routed ?? 0) + spec.redundantExperts)
    let perToken = Self.activationsPerToken(model)
    switch spec.phase {
    case .decode:
      // The low-latency kernels reserve a place for every expert and token of a GPU, for sending
      // and for receiving, twice (DeepEP csrc/config.hpp).
      let places = 4 * slots * Double(messages.combinePayload)
      workPerSequence =
        Double(spec.queries) * (places + perToken + Double(model.vocabulary) * 4)
      fixed = Self.assumedReservedBytes
    case .prefill:
      workPerSequence =
        Double(spec.queries) * perToken + Double(model.vocabulary) * 4
      fixed = Self.assumedReservedBytes + Self.assumedExchangeBufferBytes
    }
  }

  /// Linear layers in the products' format, in FP8 with one scale per 128 x 128 weights; embedding,
  /// head and router in BF16.
  private static func weights(
    _ spec: InferenceSpec, _ model: ModelSpec, slotsPerGPU: Int
  ) -> Double {
    let perWeight =
      spec.gemm == .fp8 ? 1 + 4.0 / (128 * 128) : Double(Precision.bf16.bytes)
    let expertLayers = model.expertLayers
    let modules = spec.mtpAcceptance == nil ? 0 : model.mtpModules
    let attention = model.attentionParameters * (model.layers + modules)
    let dense = model.denseFeedForwardParameters * model.denseLayers
    let experts =
      (model.sharedExpertParameters + model.expertParameters * slotsPerGPU)
      * (expertLayers + modules)
    let ends = 2 * model.embeddingParameters + model.gateWeightParameters * expertLayers
    return Double(attention + dense + experts + model.weights(of: .mtp).elements * modules)
      * perWeight + Double(ends * Precision.bf16.bytes)
  }

  /// Peak memory of one token while a layer runs: q, k, v and the attention output of all heads in
  /// BF16, or the rows of its experts with their SwiGLU inputs.
  private static func activationsPerToken(_ model: ModelSpec) -> Double {
    var attention = 4 * model.hidden
    if case .latent(let latent) = model.attention {
      attention += latent.heads * 2 * (latent.queryHead + latent.valueHead)
    }
    let rows = model.experts?.topK ?? 0
    let experts = 4 * model.hidden + rows * (model.hidden + 3 * (model.experts?.intermediate ?? 0))
    return Double(max(attention, experts) * Precision.bf16.bytes)
  }

  /// Rows for results; they sum to `total`.
  func uses(gpus: Int) -> [MemoryUse] {
    [
      (MemoryKind.weights, weights), (.kvCache, Double(batch) * cachePerSequence),
      (.workspace, work), (.reserved, fixed),
    ].map { MemoryUse(rank: 0, gpus: gpus, kind: $0.0, bytes: Bytes($0.1)) }
  }
}

/// Why an inference step cannot be simulated as requested.
package enum InferenceRefusal: SimulationRefusal, Hashable {
  /// A GPU would need more memory than it has.
  case memory(InferenceMemory)

  /// How much memory of each kind is needed, and what would fit.
  package var explanations: [Explanation] {
    switch self {
    case .memory(let memory):
      let parts = memory.uses(gpus: 1).map {
        "\($0.kind.rawValue) \(memoryText(bytes: $0.bytes.value))"
      }
      let need = memoryText(bytes: memory.total, of: memory.capacity)
      return [
        Explanation(
          "out of memory: a GPU needs \(need)",
          advice: [
            "it holds: \(parts.joined(separator: ", "))",
            memory.largestBatch > 0
              ? "would fit: inference.batch: \(memory.largestBatch) sequences"
              : "no batch fits: more GPUs, fewer redundant experts, or shorter sequences",
          ])
      ]
    }
  }
}
