// Measured kernels beyond those of DeepSeek-V3 on H800. The rows are in KernelTimes/Embedded.

/// Facts `kattn.`, `kcomm.`, `kgemm.`, `kmem.`, `kmoe.` and `kquant.`.
package final class MeasuredKernelFacts: Sendable {
  package let attentionAicB200MLADecode = Fact(
    "kattn.aic.b200.mla_decode", "16 rows: shape, time", "us",
    "B200, latent attention of 128 heads to a cache in BF16, one query a sequence",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/mla/trtllm/1.3.0rc20, commit 095f58a"))
  package let attentionAicB200Prefill = Fact(
    "kattn.aic.b200.prefill", "20 rows: shape, time", "us",
    "B200, TensorRT-LLM in BF16, one causal sequence, heads of 64 and 128, full and windowed",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/attention/trtllm/1.3.0rc20, commit 095f58a"))
  package let attentionAicGB200MLADecode = Fact(
    "kattn.aic.gb200.mla_decode", "16 rows: shape, time", "us",
    "GB200, latent attention of 128 heads to a cache in BF16, one query a sequence",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb200/mla/trtllm/1.3.0rc20, commit 095f58a"))
  package let attentionAicH100Decode = Fact(
    "kattn.aic.h100.decode", "51 rows: shape, time", "us",
    "H100 SXM, FlashAttention 3, grouped heads, cache in BF16, one query a sequence, full"
      + " and windowed",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/attention/vllm/0.24.0, commit 095f58a"))
  package let attentionAicH100MLADecode = Fact(
    "kattn.aic.h100.mla_decode", "16 rows: shape, time", "us",
    "H100 SXM, latent attention of 128 heads to a cache in BF16, one query a sequence",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/mla/trtllm/1.3.0rc20, commit 095f58a"))
  package let attentionAicH100Prefill = Fact(
    "kattn.aic.h100.prefill", "40 rows: shape, time", "us",
    "H100 SXM, FlashAttention 3 in BF16, one causal sequence, heads of 64 and 128, full "
      + "and windowed",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/attention/vllm/0.24.0, commit 095f58a"))
  package let attentionAicH200MLADecode = Fact(
    "kattn.aic.h200.mla_decode", "16 rows: shape, time", "us",
    "H200 SXM, latent attention of 128 heads to a cache in BF16, one query a sequence",
    .calibration, .primary,
    .aiconfigurator("systems/data/h200_sxm/mla/trtllm/1.3.0rc20, commit 095f58a"))
  package let attentionCudnnGB200Dsv3 = Fact(
    "kattn.cudnn.gb200.dsv3", "30 rows: shape, time", "us",
    "GB200, cuDNN, forward and backward, 128 heads of 192/128, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnGB200Gptoss = Fact(
    "kattn.cudnn.gb200.gptoss", "15 rows: shape, time", "us",
    "GB200, cuDNN, forward and backward, heads of 64, windowed, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnGB200Llama = Fact(
    "kattn.cudnn.gb200.llama", "45 rows: shape, time", "us",
    "GB200, cuDNN, forward and backward, 64 heads of 128 with 8 KV heads, 2,048 to 32,768"
      + " tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnGB300Dsv3 = Fact(
    "kattn.cudnn.gb300.dsv3", "30 rows: shape, time", "us",
    "GB300, cuDNN, forward and backward, 128 heads of 192/128, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnGB300Gptoss = Fact(
    "kattn.cudnn.gb300.gptoss", "15 rows: shape, time", "us",
    "GB300, cuDNN, forward and backward, heads of 64, windowed, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnGB300Llama = Fact(
    "kattn.cudnn.gb300.llama", "45 rows: shape, time", "us",
    "GB300, cuDNN, forward and backward, 64 heads of 128 with 8 KV heads, 2,048 to 32,768"
      + " tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-04-24)"))
  package let attentionCudnnH200Dsv3 = Fact(
    "kattn.cudnn.h200.dsv3", "6 rows: shape, time", "us",
    "H200 SXM, cuDNN, forward and backward, 128 heads of 192/128, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-02-27)"))
  package let attentionCudnnH200Gptoss = Fact(
    "kattn.cudnn.h200.gptoss", "10 rows: shape, time", "us",
    "H200 SXM, cuDNN, forward and backward, heads of 64, windowed, 2,048 to 32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (2026-02-27)"))
  package let attentionCudnnH200Llama = Fact(
    "kattn.cudnn.h200.llama", "30 rows: shape, time", "us",
    "H200 SXM, cuDNN, forward and backward, 64 heads of 128 with 8 KV heads, 2,048 to "
      + "32,768 tokens",
    .calibration, .primary,
    .cudnnFrontend("benchmark/sdpa_benchmark_training (results 2026-02-27)"))
  package let attentionInfersimH20GroupedDecode = Fact(
    "kattn.infersim.h20.gqa_decode", "36 rows: shape, time", "us",
    "H20, FlashInfer, grouped heads of 128, cache in BF16, one query a sequence, wrapper included",
    .calibration, .primary, .inferSim("mha/decode/h20 at f2293da"))
  package let attentionInfersimH20MLADecode = Fact(
    "kattn.infersim.h20.mla_decode", "27 rows: shape, time", "us",
    "H20, latent attention of 128 heads to a cache in BF16, one query a sequence",
    .calibration, .primary,
    .inferSim("mla/decode/h20/128-512-64.csv at f2293da"))
  package let attentionInfersimH20Prefill = Fact(
    "kattn.infersim.h20.prefill", "15 rows: shape, time", "us",
    "H20, FlashAttention 3 in BF16, one causal sequence",
    .calibration, .primary,
    .inferSim("mha/prefill/h20 at f2293da"))
  package let commAicDeepepLl = Fact(
    "kcomm.aic.deepep_ll", "180 rows: size, time", "us",
    "H100, H200, B200, GB200, GB300, low-latency dispatch in FP8 and combine in BF16 in "
      + "one node, 8 experts a token",
    .calibration, .primary,
    .aiconfigurator("systems/data/*/comm/sglang/0.5.12/wideep_deepep_ll_perf, commit 095f58a"))
  package let commAicNcclB200 = Fact(
    "kcomm.aic.nccl.b200", "36 rows: size, time", "us",
    "B200, NCCL 2.29.2, four collectives of 8 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/comm/nccl/2.29.2, commit 095f58a"))
  package let commAicNcclGB2004 = Fact(
    "kcomm.aic.nccl.gb200_4", "36 rows: size, time", "us",
    "GB200, NCCL 2.29.2, four collectives of 4 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb200/comm/nccl/2.29.2, commit 095f58a"))
  package let commAicNcclH100 = Fact(
    "kcomm.aic.nccl.h100", "36 rows: size, time", "us",
    "H100 SXM, NCCL 2.29.2, four collectives of 8 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/comm/nccl/2.29.2, commit 095f58a"))
  package let commAicNcclH1002 = Fact(
    "kcomm.aic.nccl.h100_2", "36 rows: size, time", "us",
    "H100 SXM, NCCL 2.29.2, four collectives of 2 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/comm/nccl/2.29.2, commit 095f58a"))
  package let commAicNcclH1004 = Fact(
    "kcomm.aic.nccl.h100_4", "36 rows: size, time", "us",
    "H100 SXM, NCCL 2.29.2, four collectives of 4 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/comm/nccl/2.29.2, commit 095f58a"))
  package let commAicNcclH200 = Fact(
    "kcomm.aic.nccl.h200", "36 rows: size, time", "us",
    "H200 SXM, NCCL 2.29.2, four collectives of 8 GPUs of one node, called without a graph",
    .calibration, .primary,
    .aiconfigurator("systems/data/h200_sxm/comm/nccl/2.29.2, commit 095f58a"))
  package let productAicA100BF16 = Fact(
    "kgemm.aic.a100.bf16", "154 rows: shape, time", "us",
    "A100 SXM, BF16 products by cuBLAS; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/a100_sxm/gemm/sglang/0.5.10, commit 095f58a"))
  package let productAicB200BF16 = Fact(
    "kgemm.aic.b200.bf16", "154 rows: shape, time", "us",
    "B200, BF16 products by cuBLAS; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/gemm/vllm/0.24.0, commit 095f58a"))
  package let productAicB200FP8Block = Fact(
    "kgemm.aic.b200.fp8_block", "154 rows: shape, time", "us",
    "B200, FP8 products by DeepGEMM with exponent scales, the cast of the input included;"
      + " random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicB200FP8Tensor = Fact(
    "kgemm.aic.b200.fp8_tensor", "154 rows: shape, time", "us",
    "B200, FP8 products with one scale a tensor, the maximum and the cast of the input "
      + "included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicB200NVFP4 = Fact(
    "kgemm.aic.b200.nvfp4", "154 rows: shape, time", "us",
    "B200, NVFP4 products, the cast of the input included; random inputs, graph replay, "
      + "short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicGB200BF16 = Fact(
    "kgemm.aic.gb200.bf16", "154 rows: shape, time", "us",
    "GB200, BF16 products by cuBLAS; random inputs, graph replay, short bursts; the "
      + "largest shapes ran at lower clocks",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb200/gemm/vllm/0.24.0, commit 095f58a"))
  package let productAicGB200FP8Tensor = Fact(
    "kgemm.aic.gb200.fp8_tensor", "154 rows: shape, time", "us",
    "GB200, FP8 products with one scale a tensor, the maximum and the cast of the input "
      + "included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb200/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicGB200NVFP4 = Fact(
    "kgemm.aic.gb200.nvfp4", "154 rows: shape, time", "us",
    "GB200, NVFP4 products, the cast of the input included; random inputs, graph replay, "
      + "short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb200/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicGB300FP8Tensor = Fact(
    "kgemm.aic.gb300.fp8_tensor", "154 rows: shape, time", "us",
    "GB300, FP8 products with one scale a tensor, the maximum and the cast of the input "
      + "included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/gb300/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicH100BF16 = Fact(
    "kgemm.aic.h100.bf16", "154 rows: shape, time", "us",
    "H100 SXM, BF16 products by cuBLAS; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/gemm/vllm/0.24.0, commit 095f58a"))
  package let productAicH100FP8Block = Fact(
    "kgemm.aic.h100.fp8_block", "154 rows: shape, time", "us",
    "H100 SXM, FP8 products by DeepGEMM in tiles, the cast of the input included; random "
      + "inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/gemm/sglang/0.5.14, commit 095f58a"))
  package let productAicH100FP8Tensor = Fact(
    "kgemm.aic.h100.fp8_tensor", "154 rows: shape, time", "us",
    "H100 SXM, FP8 products with one scale a tensor, the maximum and the cast of the "
      + "input included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productAicH100FP8Token = Fact(
    "kgemm.aic.h100.fp8_token", "154 rows: shape, time", "us",
    "H100 SXM, FP8 products by CUTLASS with one scale a row, the cast of the input "
      + "included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/gemm/vllm/0.24.0, commit 095f58a"))
  package let productAicH200BF16 = Fact(
    "kgemm.aic.h200.bf16", "154 rows: shape, time", "us",
    "H200 SXM, BF16 products by cuBLAS; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h200_sxm/gemm/vllm/0.24.0, commit 095f58a"))
  package let productAicH200FP8Tensor = Fact(
    "kgemm.aic.h200.fp8_tensor", "154 rows: shape, time", "us",
    "H200 SXM, FP8 products with one scale a tensor, the maximum and the cast of the "
      + "input included; random inputs, graph replay, short bursts",
    .calibration, .primary,
    .aiconfigurator("systems/data/h200_sxm/gemm/trtllm/1.3.0rc20, commit 095f58a"))
  package let productInfersimH20 = Fact(
    "kgemm.infersim.h20", "100 rows: shape, time", "us",
    "H20, FP8 products by DeepGEMM, without casts",
    .calibration, .primary,
    .inferSim("gemm/h20 at f2293da (2026-05-08)"))
  package let normCudnnRmsnorm = Fact(
    "kmem.cudnn.rmsnorm", "138 rows: shape, time", "us",
    "H200, GB200, GB300, RMSNorm forward and backward by cuDNN, PyTorch and torch.compile",
    .calibration, .primary,
    .cudnnFrontend("benchmark/norms/results (2026-02-26/27)"))
  package let expertsAicB200GptossW4A8 = Fact(
    "kmoe.aic.b200.gptoss.w4a8", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in MXFP4 weights, MXFP8 inputs: hidden and experts "
      + "2880, 4 of 128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicB200Qwen3235bBF16 = Fact(
    "kmoe.aic.b200.qwen3_235b.bf16", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in BF16: hidden 4096, experts of 1536, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicB200Qwen330bBF16 = Fact(
    "kmoe.aic.b200.qwen3_30b.bf16", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in BF16: hidden 2048, experts of 768, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicB200Qwen330bNVFP4 = Fact(
    "kmoe.aic.b200.qwen3_30b.nvfp4", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in NVFP4: hidden 2048, experts of 768, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicB200V3FP8Block = Fact(
    "kmoe.aic.b200.v3.fp8_block", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in FP8 in tiles: hidden 7168, experts of 2048, 8 of "
      + "256, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicB200V3NVFP4 = Fact(
    "kmoe.aic.b200.v3.nvfp4", "18 rows: rows, sizes, time", "us",
    "B200, whole experts of a GPU in NVFP4: hidden 7168, experts of 2048, 8 of 256, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100GptossW4A16 = Fact(
    "kmoe.aic.h100.gptoss.w4a16", "9 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in MXFP4 weights widened to BF16: hidden and "
      + "experts 2880, 4 of 128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100MixtralBF16 = Fact(
    "kmoe.aic.h100.mixtral.bf16", "18 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in BF16: hidden 4096, experts of 14336, 2 of 8, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100Qwen3235bBF16 = Fact(
    "kmoe.aic.h100.qwen3_235b.bf16", "27 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in BF16: hidden 4096, experts of 1536, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100Qwen3235bFP8 = Fact(
    "kmoe.aic.h100.qwen3_235b.fp8", "27 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in FP8 with static scales: hidden 4096, experts of "
      + "1536, 8 of 128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100Qwen330bBF16 = Fact(
    "kmoe.aic.h100.qwen3_30b.bf16", "27 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in BF16: hidden 2048, experts of 768, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100Qwen330bBF16Triton = Fact(
    "kmoe.aic.h100.qwen3_30b.bf16_triton", "18 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in BF16 by Triton: hidden 2048, experts of 768, 8 "
      + "of 128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/vllm/0.24.0, commit 095f58a"))
  package let expertsAicH100Qwen330bFP8 = Fact(
    "kmoe.aic.h100.qwen3_30b.fp8", "27 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in FP8 with static scales: hidden 2048, experts of "
      + "768, 8 of 128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100Qwen330bFP8Block = Fact(
    "kmoe.aic.h100.qwen3_30b.fp8_block", "18 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in FP8 in tiles: hidden 2048, experts of 768, 8 of "
      + "128, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsAicH100V3FP8BlockTriton = Fact(
    "kmoe.aic.h100.v3.fp8_block_triton", "18 rows: rows, sizes, time", "us",
    "H100 SXM, whole experts of a GPU in FP8 in tiles by Triton: hidden 7168, experts of "
      + "2048, 8 of 256, balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/moe/sglang/0.5.14, commit 095f58a"))
  package let expertsAicH200Qwen330bBF16 = Fact(
    "kmoe.aic.h200.qwen3_30b.bf16", "18 rows: rows, sizes, time", "us",
    "H200 SXM, whole experts of a GPU in BF16: hidden 2048, experts of 768, 8 of 128, "
      + "balanced, from permutation to weighted sum",
    .calibration, .primary,
    .aiconfigurator("systems/data/h200_sxm/moe/trtllm/1.3.0rc20, commit 095f58a"))
  package let expertsInfersimH20Decode = Fact(
    "kmoe.infersim.h20.decode", "68 rows: rows, sizes, time", "us",
    "H20, grouped FP8 products by DeepGEMM in the masked layout",
    .calibration, .primary,
    .inferSim("grouped_gemm/decode/h20 at f2293da"))
  package let expertsInfersimH20Prefill = Fact(
    "kmoe.infersim.h20.prefill", "50 rows: rows, sizes, time", "us",
    "H20, grouped FP8 products by DeepGEMM in the contiguous layout",
    .calibration, .primary,
    .inferSim("grouped_gemm/prefill/h20 at f2293da"))
  package let castAicB200Tensor = Fact(
    "kquant.aic.b200.tensor", "48 rows: shape, time", "us",
    "B200, the maximum of a BF16 tensor, and its cast to FP8 with one scale",
    .calibration, .primary,
    .aiconfigurator("systems/data/b200_sxm/quantize/trtllm/1.3.0rc20, commit 095f58a"))
  package let castAicH100Tensor = Fact(
    "kquant.aic.h100.tensor", "48 rows: shape, time", "us",
    "H100 SXM, the maximum of a BF16 tensor, and its cast to FP8 with one scale",
    .calibration, .primary,
    .aiconfigurator("systems/data/h100_sxm/quantize/trtllm/1.3.0rc20, commit 095f58a"))
}
