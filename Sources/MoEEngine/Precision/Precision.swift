// The precisions of linear layers.

/// In what precision linear layers compute, forward and backward. Router, head, embedding, norms
/// and attention's scores stay in Float32, weights and optimizer too, as in the published recipe
/// (DeepSeek-V3 report, section 3.3.1).
public enum Precision: String, CaseIterable, Hashable, Sendable {
  /// Float32 throughout.
  case fp32
  /// Both factors and the result rounded to bfloat16, sums in Float32.
  case bf16
  /// E4M3 factors: activations and their gradients in tiles of 1 x 128 along the sum, weights in
  /// blocks of 128 x 128; sums of 128 are promoted to Float32 and scaled there (section 3.3.2).
  case fp8
  /// E4M3 factors with one scale each, for comparison.
  case fp8PerTensor = "fp8-per-tensor"
}
