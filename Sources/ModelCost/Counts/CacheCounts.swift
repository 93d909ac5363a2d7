// Size of a token in the KV cache, and in the messages to experts and back.

/// A format of the KV cache.
package enum CacheFormat: String, CaseIterable, Hashable, Sendable {
  case bf16
  /// One byte for each number.
  case fp8
  /// FlashMLA's: the latent in FP8 with an FP32 scale for 128 numbers, the rotary key in BF16.
  case fp8Tile = "fp8_tile"

  /// The format of the numbers that attention reads.
  package var precision: Precision { self == .bf16 ? .bf16 : .fp8 }
}

extension LatentAttention {
  /// Bytes that a token adds to one layer's cache: fact model.kv_bytes_fp8_per_layer for tiles. The
  /// indexer's keys are not included.
  package func cacheBytes(_ format: CacheFormat) -> Int {
    switch format {
    case .bf16, .fp8: (kvRank + ropeHead) * format.precision.bytes
    case .fp8Tile: kvRank + kvRank / 128 * 4 + ropeHead * 2
    }
  }
}

extension GroupedAttention {
  /// Bytes that a token adds to one layer's cache: a key and a value of each KV head.
  package func cacheBytes(_ format: CacheFormat) -> Int {
    2 * kvHeads * headSize * format.precision.bytes
  }
}

extension SparseIndexer {
  /// Bytes that a token adds to one layer's cache: a key in FP8 with an FP32 scale for 128 numbers.
  package var cacheBytes: Int { headSize + headSize / 128 * 4 }
}

extension ModelSpec {
  /// Bytes that a token adds to one layer's KV cache, an indexer's keys included.
  package func cacheBytesPerLayer(_ format: CacheFormat) -> Int {
    switch attention {
    case .latent(let mla): mla.cacheBytes(format) + (mla.indexer?.cacheBytes ?? 0)
    case .grouped(let gqa): gqa.cacheBytes(format)
    }
  }

  /// Bytes that a token adds to the main model's KV cache, if no layer forgets it.
  package func kvBytesPerToken(_ format: CacheFormat) -> Int {
    cacheBytesPerLayer(format) * layers
  }

  /// Bytes of the main model's cache of a sequence, of which layers with a window keep the last
  /// tokens.
  package func kvBytes(sequence: Int, _ format: CacheFormat) -> Int {
    let tokens = layerKinds.reduce(0) { sum, kind in
      sum + (kind.hasWindow ? attendedKeys(of: kind).kept(context: sequence) : sequence)
    }
    return cacheBytesPerLayer(format) * tokens
  }
}

/// Sizes of the messages that carry a token to its experts and back (DeepEP, normal kernels).
package struct ExpertMessages: Hashable, Sendable {
  /// Bytes of a token's hidden vector for dispatch, including FP8 scales (one FP32 for each block
  /// of 128, the last of which may be shorter).
  package var dispatchPayload: Int
  /// Bytes on the wire for one dispatched copy: payload, source metadata, expert ids and weights.
  package var dispatchMessage: Int
  /// Bytes of a token's vector for combine.
  package var combinePayload: Int
  /// Bytes on the wire for one combined copy.
  package var combineMessage: Int
  /// Bytes of one low-latency dispatch message to one expert.
  package var lowLatencyDispatchMessage: Int

  /// Makes the sizes for a hidden vector and a number of experts per token.
  ///
  /// Source: DeepEP csrc (normal message = hidden + 8 B source + scales + 4k ids + 4k weights,
  /// aligned to 16 B).
  package init(hidden: Int, topK: Int, dispatch: Precision, combine: Precision) {
    let scales = dispatch == .fp8 ? (hidden + 127) / 128 * 4 : 0
    dispatchPayload = hidden * dispatch.bytes + scales
    dispatchMessage = Self.aligned(dispatchPayload + 8 + 8 * topK)
    combinePayload = hidden * combine.bytes
    combineMessage = Self.aligned(combinePayload + 8 + 4 * topK)
    lowLatencyDispatchMessage = dispatchPayload + 16
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 15) / 16 * 16 }
}
