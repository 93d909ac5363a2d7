// Training of DeepSeek-V3.

/// Facts `train.`.
package final class TrainingFacts: Sendable {
  package let gpus = Fact(
    "train.gpus", "2048", "GPU", "256 nodes of eight H800", .input, .primary,
    .report("section 3.1"))
  package let precision = Fact(
    "train.precision", "FP8 products, BF16 combine and moments, FP32 gradients and master weights",
    "",
    "dispatch in FP8 both ways; embedding, head, gate, norms and attention core in BF16 or FP32",
    .input, .primary, .report("section 3.3"))
  package let recompute = Fact(
    "train.recompute", "RMSNorm, MLA up-projections and SwiGLU outputs", "",
    "computed again in the backward pass", .input, .primary, .report("sections 3.2.3 and 3.3.3"))
}
