// Published results that predictions are compared with; nothing in the program depends on them.
//
// A value with several figures lists them by name, `F 1.13, B 1.99`; `dsv3sim accuracy` reads it.

/// Facts about whole steps, services and runs, and counts that models must give back.
package final class PublishedFacts: Sendable {
  package let graySort3FS = Fact(
    "3fs.graysort", "3.66", "TiB/min",
    "25 storage nodes",
    .validation, .primary, "3FS, README, https://github.com/deepseek-ai/3FS")
  package let balUEffect = Fact(
    "bal.u_effect",
    "u=0.0001 converges too slowly, u=0.01 fluctuates late; PPL 9.51/9.50/9.51 for"
      + " 1e-4/1e-3/1e-2", "",
    "as printed",
    .validation, .copy, "Loss-Free Balancing, Fig. 4, https://arxiv.org/abs/2408.15664")
  package let balValLoss1b = Fact(
    "bal.val_loss_1b", "aux_free 2.253, batch_aux 2.253, seq_aux 2.258", "loss",
    "validation loss with three ways to balance experts",
    .validation, .primary, .report("section 4.5.3"))
  package let balValLoss3b = Fact(
    "bal.val_loss_3b", "aux_free 2.08, batch_aux 2.08, seq_aux 2.085", "loss",
    "validation loss with three ways to balance experts",
    .validation, .primary, .report("section 4.5.3"))
  package let fp8LossGap = Fact(
    "fp8.loss_gap", "0.0025", "relative",
    "upper bound vs BF16",
    .validation, .primary, .report("section 3.3"))
  package let infLimit = Fact(
    "inf.limit",
    "comm_us 120.96, layer_us 241.92, nvl72_tpot_ms 0.82, nvl72_us 6.72, tpot_ms 14.76,"
      + " tps 67", "us / ms",
    "(1+2) B x 32 tokens x 9 x 7K / 50 GB/s; two all-to-alls overlapped by two"
      + " micro-batches; analytic, not measured",
    .validation, .copy, .insights("section 2.3.2"))
  package let kvDiskReadAvg = Fact(
    "kv.disk_read_avg", "278", "GB/s",
    "342e9 cached tokens/day x 70272 B, cluster-wide, day average",
    .validation, .derived, .inferenceOverview)
  package let kvPCIEContention = Fact(
    "kv.pcie_contention", "KV transfer CPU->GPU can take tens of GB/s and slow EP traffic", "",
    "qualitative",
    .validation, .copy, .insights("section 4.5.1"))
  package let modelKVBytesLlama405b = Fact(
    "model.kv_bytes_llama405b", "516096", "byte",
    "GQA, BF16",
    .validation, .copy, .insights("table 1"))
  package let modelKVBytesPerToken = Fact(
    "model.kv_bytes_per_token", "70272", "byte",
    "BF16, 61 layers x 576 x 2 (paper prints 70.272 KB)",
    .validation, .copy, .insights("table 1"))
  package let modelKVBytesQwen72b = Fact(
    "model.kv_bytes_qwen72b", "327680", "byte",
    "GQA, BF16",
    .validation, .copy, .insights("table 1"))
  package let modelParamsActive = Fact(
    "model.params_active", "36700000000", "parameter",
    "includes 0.9B embedding and 0.9B head",
    .validation, .primary,
    "DeepSeek-V3, README_WEIGHTS.md, https://github.com/deepseek-ai/DeepSeek-V3")
  package let modelParamsTotal = Fact(
    "model.params_total", "671000000000", "parameter",
    "main model",
    .validation, .primary, .report("section 4.2"))
  package let modelTrainGFLOPOthers = Fact(
    "model.train_gflop_others", "DeepSeekV2 155, Llama405B 2448, Qwen72B 394", "GFLOP/token",
    "4K sequence",
    .validation, .copy, .insights("table 2"))
  package let modelTrainGFLOPPerToken = Fact(
    "model.train_gflop_per_token", "250", "GFLOP",
    "training, 4K sequence, CAUSAL count, MTP NOT included",
    .validation, .copy, .insights("table 2"))
  package let modelTrainGFLOPPerTokenNoncausal = Fact(
    "model.train_gflop_per_token_noncausal", "281.2", "GFLOP",
    "same with the full attention square",
    .validation, .derived, .insights("table 2, with the full attention square"))
  package let mtpTPSGain = Fact(
    "mtp.tps_gain", "1.8", "x",
    "per-user tokens/s",
    .validation, .primary, .report("section 5.4.3"), .insights("section 2.3.3"))
  package let netROCERouting = Fact(
    "net.roce_routing",
    "ECMP clearly below adaptive routing for ReduceScatter/AllGather; no digits printed", "",
    "TP 2/4/8 groups, up to about 180 GB/s",
    .validation, .copy, .insights("figure 8"))
  package let paramsDeepseekV2 = Fact(
    "params.deepseek-v2",
    "active_with_embedding_and_head_B 21.376, active_without_embedding_B 20.85, total"
      + " 235741434880", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 236B / 21B",
    .validation, .derived, .configFiles)
  package let paramsDeepseekV3 = Fact(
    "params.deepseek-v3",
    "active_with_embedding_and_head_B 37.552, active_without_embedding_B 36.63, total"
      + " 671026419200", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 671B / 37B; with MTP"
      + " 685B",
    .validation, .derived, .configFiles)
  package let paramsDeepseekV32 = Fact(
    "params.deepseek-v3.2",
    "active_with_embedding_and_head_B 38.404, active_without_embedding_B 37.48, total"
      + " 671877944064", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 671B; indexer shapes"
      + " unverified",
    .validation, .derived, .configFiles)
  package let paramsGlm45 = Fact(
    "params.glm-4.5",
    "active_with_embedding_and_head_B 33.63, active_without_embedding_B 32.86, total"
      + " 352797829024", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 355B / 32B with MTP",
    .validation, .derived, .configFiles)
  package let paramsGlm45Air = Fact(
    "params.glm-4.5-air",
    "active_with_embedding_and_head_B 13.42, active_without_embedding_B 12.8, total"
      + " 106852251264", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 106B / 12B",
    .validation, .derived, .configFiles)
  package let paramsGlm5 = Fact(
    "params.glm-5",
    "active_with_embedding_and_head_B 41.785, active_without_embedding_B 40.83, total"
      + " 743911218432", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 744B / 40B",
    .validation, .derived, .configFiles)
  package let paramsGptOss120b = Fact(
    "params.gpt-oss-120b",
    "active_with_embedding_and_head_B 5.712, active_without_embedding_B 5.133, total"
      + " 116829156672", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 116.83B / 5.13B; its"
      + " active count leaves out the input embedding alone",
    .validation, .derived, .configFiles)
  package let paramsGptOss20b = Fact(
    "params.gpt-oss-20b",
    "active_with_embedding_and_head_B 4.187, active_without_embedding_B 3.608, total"
      + " 20914757184", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 20.91B / 3.61B",
    .validation, .derived, .configFiles)
  package let paramsKimiK2 = Fact(
    "params.kimi-k2",
    "active_with_embedding_and_head_B 32.862, active_without_embedding_B 31.69, total"
      + " 1026408232448", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 1T / 32B",
    .validation, .derived, .configFiles)
  package let paramsLlama4Maverick = Fact(
    "params.llama-4-maverick",
    "active_with_embedding_and_head_B 17.19, active_without_embedding_B 16.1, total"
      + " 400711848960", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 400B / 17B",
    .validation, .derived, .configFiles)
  package let paramsLlama4Scout = Fact(
    "params.llama-4-scout",
    "active_with_embedding_and_head_B 17.17, active_without_embedding_B 16.1, total"
      + " 107769861120", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 109B with vision /"
      + " 17B",
    .validation, .derived, .configFiles)
  package let paramsMinimaxM2 = Fact(
    "params.minimax-m2",
    "active_with_embedding_and_head_B 11.031, active_without_embedding_B 10.42, total"
      + " 228689764864", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 230B / 10B",
    .validation, .derived, .configFiles)
  package let paramsMixtral8x22b = Fact(
    "params.mixtral-8x22b", "active_with_embedding_and_head_B 39.161, total 140630071296",
    "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 141B / 39B",
    .validation, .derived, .configFiles)
  package let paramsMixtral8x7b = Fact(
    "params.mixtral-8x7b", "active_with_embedding_and_head_B 12.88, total 46702792704",
    "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 46.7B / 12.9B",
    .validation, .derived, .configFiles)
  package let paramsQwen3235bA22b = Fact(
    "params.qwen3-235b-a22b",
    "active_with_embedding_and_head_B 22.191, active_without_embedding_B 21.57, total"
      + " 235093634560", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 235B / 22B",
    .validation, .derived, .configFiles)
  package let paramsQwen330bA3b = Fact(
    "params.qwen3-30b-a3b",
    "active_with_embedding_and_head_B 3.353, active_without_embedding_B 3.04, total"
      + " 30532122624", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 30.5B / 3.3B",
    .validation, .derived, .configFiles)
  package let paramsQwen3Coder480b = Fact(
    "params.qwen3-coder-480b",
    "active_with_embedding_and_head_B 35.475, active_without_embedding_B 34.54, total"
      + " 480154875392", "parameters, billions",
    "norms, gate biases, sinks, expert biases counted; published as 480B / 35B",
    .validation, .derived, .configFiles)
  package let relDsv3 = Fact(
    "rel.dsv3", "no irrecoverable loss spikes, no rollbacks in the whole run", "",
    "no interruption counts published",
    .validation, .primary, .report("abstract"))
  package let relMegascale = Fact(
    "rel.megascale",
    "auto_fixed 0.9, catchup_min 15, detect_diag_min 10, effective_min 0.9, gpus 12288,"
      + " mfu 0.552, mfu_gain_isolating 0.007, restarts_min 100, straggler_slow 0.1", "",
    "several-week run on >10,000 GPUs",
    .validation, .copy, "MegaScale, NSDI 2024, https://arxiv.org/abs/2402.15627")
  package let sglEplbGain = Fact(
    "sgl.eplb_gain", "decode 2.54, prefill 1.49", "x",
    "EPLB on vs off, large scale",
    .validation, .primary, .largeScaleEP)
  package let sglLatency = Fact(
    "sgl.latency", "itl_ms 100, ttft_s 2 to 5", "",
    "throughput-oriented runs",
    .validation, .primary, .largeScaleEP)
  package let thrB200Deepseekv3FP8Mx = Fact(
    "thr.b200.deepseekv3.fp8_mx", "tflops_per_gpu 557, tokens_per_s_gpu 2139",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "256 GPUs, FP8-MX, global batch 2048 sequences of 4096, microbatch 1, FSDP 0, TP 1 PP"
      + " 16 CP 1 VP 1 EP 8; balanced routing forced, none dropped. FP8-CS: one scale a"
      + " tensor; FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrB200Llama38bFP8Cs = Fact(
    "thr.b200.llama3_8b.fp8_cs", "tflops_per_gpu 1576, tokens_per_s_gpu 30624",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "8 GPUs, FP8-CS, global batch 128 sequences of 8192, microbatch 2, FSDP 0, TP 1 PP 1"
      + " CP 1 VP - EP 1; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrGb200Deepseekv3FP8Mx = Fact(
    "thr.gb200.deepseekv3.fp8_mx", "tflops_per_gpu 1003, tokens_per_s_gpu 4018",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "256 GPUs, FP8-MX, global batch 4096 sequences of 4096, microbatch 1, FSDP 0, TP 1 PP"
      + " 8 CP 1 VP 4 EP 32; balanced routing forced, none dropped. FP8-CS: one scale a"
      + " tensor; FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrGb200GptOss120bBF16 = Fact(
    "thr.gb200.gpt_oss_120b.bf16", "tflops_per_gpu 488, tokens_per_s_gpu 15876",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "64 GPUs, BF16, global batch 1280 sequences of 8192, microbatch 1, FSDP 0, TP 1 PP 1"
      + " CP 1 VP 1 EP 64; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrGb200Llama31405bFP8Cs = Fact(
    "thr.gb200.llama3_1_405b.fp8_cs", "tflops_per_gpu 2053, tokens_per_s_gpu 813",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "256 GPUs, FP8-CS, global batch 1536 sequences of 8192, microbatch 1, FSDP 0, TP 4 PP"
      + " 16 CP 1 VP 4 EP 1; balanced routing forced, none dropped. FP8-CS: one scale a"
      + " tensor; FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrGb200Llama38bFP8Cs = Fact(
    "thr.gb200.llama3_8b.fp8_cs", "tflops_per_gpu 1622, tokens_per_s_gpu 31508",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "8 GPUs, FP8-CS, global batch 128 sequences of 8192, microbatch 2, FSDP 0, TP 1 PP 1"
      + " CP 1 VP - EP 1; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrH100Deepseekv3FP8 = Fact(
    "thr.h100.deepseekv3.fp8", "tflops_per_gpu 335, tokens_per_s_gpu 1297",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "1024 GPUs, FP8 1x128/128x128, global batch 8192 sequences of 4096, microbatch 1,"
      + " FSDP 0, TP 2 PP 8 CP 1 VP 4 EP 64; balanced routing forced, none dropped. FP8-CS:"
      + " one scale a tensor; FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11 (25.09 for this row)"))
  package let thrH100GptOss120bBF16 = Fact(
    "thr.h100.gpt_oss_120b.bf16", "tflops_per_gpu 153, tokens_per_s_gpu 5630",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "64 GPUs, BF16, global batch 512 sequences of 4096, microbatch 4, FSDP 0, TP 1 PP 4"
      + " CP 1 VP 1 EP 8; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrH100GptOss120bBF162602 = Fact(
    "thr.h100.gpt_oss_120b.bf16.26_02", "tflops_per_gpu 163, tokens_per_s_gpu 5993",
    "token/s/GPU, TFLOP/s/GPU",
    "64 GPUs, BF16, global batch 1280 sequences of 4096, microbatch 1, TP 1 PP 4 CP 1 EP"
      + " 8; balanced routing forced",
    .validation, .primary, .megatronBridge("section 26.02"))
  package let thrH100Llama370bFP8Cs = Fact(
    "thr.h100.llama3_70b.fp8_cs", "tflops_per_gpu 719, tokens_per_s_gpu 1602",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "64 GPUs, FP8-CS, global batch 128 sequences of 8192, microbatch 1, FSDP 0, TP 4 PP 8"
      + " CP 1 VP 5 EP 1; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrH100Llama370bFP8CsGbs256 = Fact(
    "thr.h100.llama3_70b.fp8_cs.gbs256", "tflops_per_gpu 728, tokens_per_s_gpu 1621",
    "token/s/GPU, TFLOP/s/GPU",
    "64 GPUs, FP8-CS, global batch 256 sequences of 8192, microbatch 1, FSDP 0, TP 4 PP 8"
      + " CP 1 VP 5 EP 1",
    .validation, .primary, .megatronBridge("section 26.02"))
  package let thrH100Llama38bFP8Cs = Fact(
    "thr.h100.llama3_8b.fp8_cs", "tflops_per_gpu 744, tokens_per_s_gpu 14451",
    "token/s/GPU, TFLOP/s/GPU (the source's own count of FLOPs)",
    "8 GPUs, FP8-CS, global batch 128 sequences of 8192, microbatch 1, FSDP 1, TP 1 PP 1"
      + " CP 1 VP - EP 1; balanced routing forced, none dropped. FP8-CS: one scale a tensor;"
      + " FP8-MX: MXFP8",
    .validation, .primary, .megatronBridge("section 25.11"))
  package let thrH100Mixtral8x7bBF16 = Fact(
    "thr.h100.mixtral_8x7b.bf16", "step_s 5.52, tflops_per_gpu 236", "s, TFLOP/s/GPU",
    "16 GPUs, BF16, global batch 128 sequences of 2048, TP 2 PP 1 EP 8, experts divided"
      + " by TP too; report of a user",
    .validation, .primary, "Megatron-LM, issue 756, https://github.com/NVIDIA/Megatron-LM")
  package let trainGPUHours = Fact(
    "train.gpu_hours", "context 119000, post 5000, pretrain 2664000, total 2788000",
    "H800 GPU-hour",
    "by phase, table 1 of the report; at the announced 2048 GPUs",
    .validation, .primary, .report("table 1"))
  package let trainGPUHoursPerT = Fact(
    "train.gpu_hours_per_T", "180000", "GPU-hour per 1e12 tokens",
    "= 3.7 days on 2048 GPUs; 48*1024/0.2728 = 180.2e3 consistent with Table 4",
    .validation, .primary, .report("section 1"))
  package let trainT41B = Fact(
    "train.t4.1B", "1.99", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT41F = Fact(
    "train.t4.1F", "1.13", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT41F1B = Fact(
    "train.t4.1F1B", "13.95", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT41W = Fact(
    "train.t4.1W", "0.48", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4Bubble = Fact(
    "train.t4.bubble", "2.06", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4ImpliedChunkMs = Fact(
    "train.t4.implied_chunk_ms", "B 102.1, F 57.9, FB 138.8, W 41.7", "ms per chunk",
    "Table 4 rows divided by the rank-averaged chunk counts (19.5/100.5/19.5/11.5); rank"
      + " 0 counts give 49.1/143.8/86.5/32.0; rank 7 70.6/134.1/124.4/60.0",
    .validation, .derived, .insights("table 4, divided by the chunks of DualPipe"))
  package let trainT4MFUCausal = Fact(
    "train.t4.mfu_causal", "0.3894", "fraction of BF16 peak",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4MFUNoncausal = Fact(
    "train.t4.mfu_noncausal", "0.4373", "fraction of BF16 peak",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4Mrft = Fact(
    "train.t4.mrft",
    "B 1.99, F 1.13, FB 14, W 0.48, bubble 2.03, mfu_c 0.389, mfu_nc 0.4368, opt 0.31,"
      + " time_per_step 19.946, tokens_per_day 272520000000", "s, shares, token/day",
    "single-plane multi-rail network: same within noise",
    .validation, .copy, .insights("table 4 (MRFT column)"))
  package let trainT4Opt = Fact(
    "train.t4.opt", "0.29", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4TFLOPsCausal = Fact(
    "train.t4.tflops_causal", "385", "TFLOPS/GPU",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4TFLOPsNoncausal = Fact(
    "train.t4.tflops_noncausal", "432", "TFLOPS/GPU",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4TimePerStep = Fact(
    "train.t4.time_per_step", "19.926", "s",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let trainT4TokensPerDay = Fact(
    "train.t4.tokens_per_day", "272800000000", "token/day",
    "2048 H800, batch 15360 x 4096 tokens per step (62.9e6 tokens). Rows 1F..opt are"
      + " totals per step: they add to 19.90 s",
    .validation, .copy, .insights("table 4 (MPFT column)"))
  package let vllmH200 = Fact(
    "vllm.h200", "2200", "token/s/GPU",
    "H200, CX7 IB, wide-EP, was about 1500",
    .validation, .secondary, "vLLM blog of 2025-12-17, large-scale serving, https://blog.vllm.ai")
}
