// Size of a token in the KV cache, and in the messages to experts and back.

extension ModelSpec {
  /// Elements that a token adds to one layer's KV cache.
  package var kvElementsPerLayer: Int {
    switch attention {
    case .latent(let a): a.kvRank + a.ropeHead
    case .grouped(let a): 2 * a.kvHeads * a.headSize
    }
  }

  /// Bytes that a token adds to the main model's KV cache.
  ///
  /// FP8 counts elements only; the scales depend on the cache's layout.
  package func kvBytesPerToken(_ precision: Precision) -> Int {
    kvElementsPerLayer * layers * precision.bytes
  }
}

/// Sizes of the messages that carry a token to its experts and back (DeepEP, normal kernels).
package struct ExpertMessages: Hashable, Sendable {
  /// Bytes of a token's hidden vector for dispatch, including FP8 scales (one FP32 per 128).
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
    let scales = dispatch == .fp8 ? hidden / 128 * 4 : 0
    dispatchPayload = hidden * dispatch.bytes + scales
    dispatchMessage = Self.aligned(dispatchPayload + 8 + 8 * topK)
    combinePayload = hidden * combine.bytes
    combineMessage = Self.aligned(combinePayload + 8 + 4 * topK)
    lowLatencyDispatchMessage = dispatchPayload + 16
  }

  private static func aligned(_ bytes: Int) -> Int { (bytes + 15) / 16 * 16 }
}
