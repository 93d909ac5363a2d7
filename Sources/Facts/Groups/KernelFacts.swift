// Measured kernels. The rows themselves are in ModelCost/Measurements.

/// Facts `attn.`, `gemm.`, `kattn.`, `own.` and `trace.`.
package final class KernelFacts: Sendable {
  package let sparseAttention = Fact(
    "attn.flashmla.sparse", "410", "TFLOP/s",
    "sparse decoding of DeepSeek-V3.2 over a cache in FP8: 128 sequences, 2 queries, top 2048",
    .calibration, .primary, .flashMLA("docs/20250929"))
  package let sparsePrefill = Fact(
    "attn.flashmla.sparse_prefill", "640", "TFLOP/s",
    "H800, sparse attention of DeepSeek-V3.2 with many queries of a sequence, top 2048",
    .calibration, .primary, .flashMLA("docs/20250929"))
  package let attentionBackward = Fact(
    "attn.mla_backward", "473", "TFLOP/s",
    "H800, causal, 128 heads of 192/128, one sequence of 4,096, 2.5 x the forward's FLOPs, "
      + "alongside 20 communication SMs; the kernels before and after it take 240 us each",
    .calibration, .primary, .profile("train.json"))
  package let attentionDecode = Fact(
    "attn.mla_decode", "41 rows: sequences, context, time", "us",
    "H800, FlashMLA, 128 heads, one query per sequence, cache in BF16, context 1,024 to 131,072",
    .calibration, .primary, .inferSim("mla/decode/h800"))
  package let attentionPrefill = Fact(
    "attn.mla_prefill", "5 rows: length, time", "us",
    "H800, FlashAttention 3, one causal sequence of 1,024 to 32,768, 128 heads of 192/128",
    .calibration, .primary, .inferSim("mla/prefill/h800"))
  package let dense4096April = Fact(
    "gemm.dense.4096.apr", "6 rows: shape, speed", "TFLOP/s",
    "H800, dense FP8 products of 4,096 rows, release of 2025-04-09", .calibration, .primary,
    .deepGEMM("README of commit 989c9e3"))
  package let dense4096February = Fact(
    "gemm.dense.4096.feb", "6 rows: shape, speed", "TFLOP/s",
    "H800, the same products in the release of 2025-02-25, closest to the training trace",
    .calibration, .primary, .deepGEMM("README of commit a6d97a1"))
  package let denseSmall = Fact(
    "gemm.dense.small", "12 rows: shape, speed", "TFLOP/s",
    "H800, dense FP8 products of 64 and 128 rows; the same in all releases to 2025-04-18",
    .calibration, .primary, .deepGEMM("README, 2025-02-25 to 2025-04-18"))
  package let groupedFebruary = Fact(
    "gemm.grouped.contig.feb", "4 rows: groups, shape, speed", "TFLOP/s",
    "H800, grouped FP8 products, contiguous layout, release of 2025-02-25", .calibration, .primary,
    .deepGEMM("README of commit a6d97a1"))
  package let groupedMarch = Fact(
    "gemm.grouped.contig.mar", "4 rows: groups, shape, speed", "TFLOP/s",
    "H800, the same products in the release of 2025-03-25", .calibration, .primary,
    .deepGEMM("README of commit 55ab91f"))
  package let dense = Fact(
    "gemm.infersim.dense", "110 rows: shape, time", "us",
    "H800, DeepGEMM of spring 2025, dense FP8 products of 16 to 32,768 rows", .calibration,
    .primary, .inferSim("gemm/h800"))
  package let groupedDecode = Fact(
    "gemm.infersim.grouped_decode", "47 rows: experts, rows, time of both projections", "us",
    "H800, DeepGEMM, grouped FP8 products in the masked layout, hidden size 7168, expert width "
      + "2048", .calibration, .primary, .inferSim("grouped_gemm/decode/h800"))
  package let groupedPrefill = Fact(
    "gemm.infersim.grouped_prefill", "24 rows: groups, rows, time of both projections", "us",
    "H800, DeepGEMM, grouped FP8 products in the contiguous layout, hidden size 7168, expert width "
      + "2048", .calibration, .primary, .inferSim("grouped_gemm/prefill/h800"))
  package let weightGradient = Fact(
    "gemm.wgrad.fp8", "640 and 656", "TFLOP/s",
    "H800, FP8 weight gradient of 16384 x 7168 over 4,096 tokens, accumulated in FP32, on 112 SMs",
    .calibration, .primary, .profile("train.json"))
  package let groupedAttentionDecode = Fact(
    "kattn.infersim.gqa_decode", "36 rows: heads, sequences, context, time", "us",
    "H800, FlashInfer, grouped-query attention with one query per sequence, cache in BF16, heads "
      + "of 128, context 1,024 to 8,192, wrapper included", .calibration, .primary,
    .inferSim("mha/decode/h800"))
  package let sparseKernels = Fact(
    "kattn.infersim.h800.dsa", "9 rows: sequences, queries, context, time", "us",
    "H800, DeepGEMM, scores of the indexer of DeepSeek-V3.2 with 64 heads of 128; FlashMLA takes "
      + "96 us for one query of 64 sequences over the 2,048 selected keys", .calibration, .primary,
    .inferSim("dsa"))
  package let besideCopy = Fact(
    "own.h100.beside", "6 rows: SMs of the copy, time alone, time beside it", "us",
    "H100 SXM, an addition over 268 MB and a product of 4096 x 16384 x 7168 in BF16, each beside a "
      + "copy on 10, 20 and 40 SMs", .validation, .primary,
    "our own measurement, Benchmarks/measurements/h100-sxm.jsonl")
  package let traceClasses = Fact(
    "trace.elementwise_us", "8 kernel classes", "us",
    "forward and backward of one MoE layer of DeepSeek-V3 on 4,096 tokens at EP64", .calibration,
    .primary, .profile("train.json"))
  package let traceSMs = Fact(
    "trace.sm_split", "112", "SM", "left for computation, with 20 used for communication", .input,
    .primary, .profile("train.json, kernel grids"))
}
