// Measured attention on H800 beside the rows of KernelTimes: causal, 128 heads, 192 for q and k,
// 128 for v.

import Facts

/// Attention measurements.
enum AttentionMeasurements {
  /// Source of the kernels around the backward.
  static let surroundSource: SourceText = "\(.kernels.attentionBackward) (pre and post)"

  /// Backward at length 4096, 2.5 x the forward's FLOPs, alongside 20 communication SMs: fact
  /// attn.mla_backward.
  static let backwardTFLOPS = 473.0
  /// Multiprocessors used by the backward.
  static let backwardSMs = 112
  /// FLOPs of the backward divided by the forward's, as assumed in its published rate.
  static let backwardFLOPsPerForward = 2.5
  /// Rate of the forward of the same sequence on all SMs, 4096^2 x 128 x 320 FLOPs in 1,104.692 us:
  /// fact attn.mla_prefill.
  static let forwardTFLOPS = 4096.0 * 4096 * 128 * 320 / 1104.692e6
  /// The kernels before and after the backward, together, for one sequence of 4096:
  /// fact attn.mla_backward.
  static let preAndPostMicroseconds = 2 * 240.0
}
