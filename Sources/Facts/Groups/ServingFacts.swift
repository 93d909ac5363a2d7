// Serving of DeepSeek-V3.

/// Facts `inf.` and `mtp.`.
package struct ServingFacts: Sendable {
  package let decodeUnit = Fact(
    "inf.online.decode_unit", "144 GPUs, 32 redundant experts", "",
    "18 nodes, two routed experts per GPU, 2025-02", .input, .primary, .inferenceOverview)
  package let prefillUnit = Fact(
    "inf.online.prefill_unit", "32 GPUs, 32 redundant experts", "",
    "4 nodes, nine routed experts per GPU, 2025-02", .input, .primary, .inferenceOverview)
  package let overlapSMs = Fact(
    "inf.overlap_sms", "24 in prefill, 0 in decoding", "SM",
    "held by dispatch and combine while two microbatches overlap", .input, .primary,
    .profile("pictures of prefill and decoding"))
  package let acceptance = Fact(
    "mtp.accept", "0.85 to 0.9", "", "share of second tokens that are accepted", .input, .primary,
    .report("section 5.4.3"))
}
