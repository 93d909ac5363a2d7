// What lies between kernels, and what lies between GPUs that do the same.

/// Facts `khost.` and `kvar.`.
package final class BetweenFacts: Sendable {
  package let optimizerParts = Fact(
    "khost.deepspeed.step", "19.6, 5.1, 3.0, 8.9, 4.6", "ms",
    "fused Adam of DeepSpeed: basic step, clipping, norm, overflow, update in 16 bits", .input,
    .primary, "DeepSpeed, issue 4132, https://github.com/deepspeedai/DeepSpeed")
  package let nodeGap = Fact(
    "khost.graph.node_gap", "0.5", "us",
    "between the nodes of a decode graph of Qwen3-30B: 855 of about 900 gaps sum to 0.45 ms",
    .input,
    .primary, "Megatron-LM, pull request 6064, https://github.com/NVIDIA/Megatron-LM")
  package let launch = Fact(
    "khost.launch.raw", "1.3, 4.0, 6.5", "us",
    "host time of cuLaunchKernel, of Triton's binder, of an inductor kernel on an x86 server",
    .input, .primary,
    "tritonbench, pull requests 1016 and 1017, https://github.com/meta-pytorch/tritonbench")
  package let expertLayer = Fact(
    "khost.megatron.moelayer.floor_ms", "9.0 to 12.5", "ms",
    "forward and backward of a dropless layer with DeepEP on 8 H100, rows with the least work; "
      + "one machine, so an upper bound", .input, .primary,
    "marin, issue 3666, https://github.com/marin-community/marin")
  package let optimizerLaunches = Fact(
    "khost.optimizer.foreach", "0.02, 0.03, 0.06", "s",
    "a step of Adam under FSDP2 on 8 H100: fused, foreach with torch 2.11 and 2.12", .input,
    .primary, "Automodel, pull request 3110, https://github.com/NVIDIA-NeMo/Automodel")
  package let unhiddenSGLang = Fact(
    "khost.sglang.sync_ops", "0.44", "ms",
    "synchronisations of a decode step on H100, batch 96", .input, .primary,
    "SGLang Omni, issue 1061, https://github.com/sgl-project/sglang-omni")
  package let scheduler = Fact(
    "khost.sglang_jax.scheduler", "2.6 to 2.9", "ms",
    "host time of a decode step of Qwen3-8B, batch 16, which the overlapped scheduler hides",
    .input,
    .primary, "SGLang JAX, pull request 1484, https://github.com/sgl-project/sglang-jax")
  package let eagerOperation = Fact(
    "khost.torch.eager_op", "8 and 17", "us",
    "host time of a PyTorch addition on an A100 server, submitted and synchronised", .input,
    .primary, "Torch-FL, pull request 27, https://github.com/flagos-ai/Torch-FL")
  package let unhiddenVLLM = Fact(
    "khost.vllm.v0_gap_ms", "0.2 to 0.3", "ms",
    "estimate of what asynchronous designs leave of the idle time of a decode step", .input,
    .primary,
    .vllm("issues 6854, 6913 and 10634"))
  package let gpuSpread = Fact(
    "kvar.gpu_spread", "0.05", "",
    "range of the best GEMM rates among the 8 GPUs of a node, often more", .input, .primary,
    "ml-engineering, compute/accelerator at 744d01e, https://github.com/stas00/ml-engineering")
}
