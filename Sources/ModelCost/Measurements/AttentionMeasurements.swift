// Measured attention on H800: causal, 128 heads, 192 for q and k, 128 for v.

import Facts

/// Attention measurements.
enum AttentionMeasurements {
  /// Sources of the forward, the backward, and the kernels around the backward.
  static let forwardSource: SourceText = "\(.kernels.attentionPrefill)"
  static let backwardSource: SourceText =
    "\(.kernels.attentionBackward), length as \(.kernels.attentionPrefill)"
  static let surroundSource: SourceText = "\(.kernels.attentionBackward) (pre and post)"

  /// Forward of one sequence, all 132 SMs: fact attn.mla_prefill (FlashAttention 3).
  static let forward: [(length: Int, microseconds: Double)] = [
    (1024, 116.88), (4096, 1104.692), (8192, 4538.828), (16384, 17774.458), (32768, 76337.72),
  ]
  /// Heads in every measurement.
  static let heads = 128
  /// Size of a query or key head.
  static let queryHead = 192
  /// Size of a value head.
  static let valueHead = 128
  /// Multiprocessors used by the forward.
  static let forwardSMs = 132

  /// Backward at length 4096, 2.5 x the forward's FLOPs, alongside 20 communication SMs: fact
  /// attn.mla_backward.
  static let backwardTFLOPS = 473.0
  /// Sequence length of the backward.
  static let backwardLength = 4096
  /// Multiprocessors used by the backward.
  static let backwardSMs = 112
  /// FLOPs of the backward divided by the forward's, as assumed in its published rate.
  static let backwardFLOPsPerForward = 2.5
  /// The kernels before and after the backward, together, for one sequence of 4096:
  /// fact attn.mla_backward.
  static let preAndPostMicroseconds = 2 * 240.0
}
