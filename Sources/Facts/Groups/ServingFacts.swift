// Serving of DeepSeek-V3, and the defaults of the programs that serve.

/// Facts `inf.`, `k8s.`, `mtp.`, `sgl.` and `vllm.`.
package final class ServingFacts: Sendable {
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
  package let autoscaler = Fact(
    "k8s.hpa", "15 s, 10 %, 300 s", "",
    "period, ignored change and window before scaling down of the horizontal autoscaler", .input,
    .primary, "Kubernetes documentation, Horizontal Pod Autoscaling, https://kubernetes.io/docs")
  package let acceptance = Fact(
    "mtp.accept", "0.85 to 0.9", "", "share of second tokens that are accepted", .input, .primary,
    .report("section 5.4.3"))
  package let chunkedPrefill = Fact(
    "sgl.chunked_prefill_size", "2048, 4096, 8192, 16384", "tokens",
    "default below 35, 60 and 160 GB of memory, and above", .input, .primary,
    .sglang("python/sglang/srt/server_args.py"))
  package let attentionRanks = Fact(
    "sgl.dp_attention", "chunk / ranks, 0.3", "",
    "attention data parallelism divides the chunk and reduces schedule_conservativeness", .input,
    .primary, .sglang("python/sglang/srt/server_args.py"))
  package let gatewayRetries = Fact(
    "sgl.gateway.retries", "0.05 s, 1.5, 30 s", "",
    "first wait, factor and longest wait before retries", .input, .primary,
    .sglang("sgl-model-gateway, retry configuration"))
  package let prefetchThreshold = Fact(
    "sgl.hicache.prefetch", "256", "tokens",
    "tokens beyond those on the GPU for which a load from a lower tier begins", .input,
    .unverified, .sglang("documentation of HiCache, prefetch_threshold"))
  package let runningRequests = Fact(
    "sgl.requests", "2048", "requests", "least default of requests that an instance runs", .input,
    .unverified, .sglang("python/sglang/srt/model_executor"))
  package let batchDefaults = Fact(
    "vllm.batch_defaults", "8192 and 1024; 2048 and 256", "",
    "tokens of a step and requests of a server with 70 GiB or more, except A100; of others",
    .input, .primary, .vllm("vllm/engine/arg_utils.py"))
}
