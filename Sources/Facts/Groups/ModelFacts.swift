// Model shapes, from their config files.

/// Facts `model.`.
package final class ModelFacts: Sendable {
  package let deepseekV3 = Fact(
    "model.config", "61 layers of width 7168, 256 experts, top-8 of 4 groups", "",
    "DeepSeek-V3 671B, with one MTP module", .input, .primary,
    "DeepSeek-V3, inference/configs/config_671B.json, https://github.com/deepseek-ai/DeepSeek-V3",
    .report("section 4.2"))
  package let deepseekV2 = Fact(
    "model.config.deepseek_v2", "60 layers of width 5120, 160 experts, top-6 of 3 groups", "",
    "DeepSeek-V2 236B", .input, .secondary,
    "DeepSeek-V2, config.json, read in copies, https://arxiv.org/abs/2405.04434")
  package let deepseekV2Lite = Fact(
    "model.config.deepseek_v2_lite", "27 layers of width 2048, 64 experts, top-6", "",
    "DeepSeek-V2-Lite 16B, queries without compression", .input, .secondary,
    "DeepSeek-V2-Lite, config.json, read in copies, https://arxiv.org/abs/2405.04434")
  package let deepseekV32 = Fact(
    "model.config.deepseek_v3_2", "61 layers of width 7168, 256 experts, top-8 of 4 groups", "",
    "DeepSeek-V3.2 672B, an indexer of 64 heads of 128 selects 2,048 keys", .input, .secondary,
    "DeepSeek-V3.2-Exp, config.json, in copies, https://github.com/deepseek-ai/DeepSeek-V3.2-Exp"
  )
  package let glm45 = Fact(
    "model.config.glm_4_5", "92 layers of width 5120, 160 experts, top-8", "",
    "GLM-4.5 and 4.6, 355B with one MTP module", .input, .secondary,
    "GLM-4.5, config.json, read in copies, https://arxiv.org/abs/2508.06471")
  package let glm45Air = Fact(
    "model.config.glm_4_5_air", "46 layers of width 4096, 128 experts, top-8", "",
    "GLM-4.5-Air 106B, one MTP module", .input, .secondary,
    "GLM-4.5-Air, config.json, read in copies, https://arxiv.org/abs/2508.06471")
  package let gptOSS120B = Fact(
    "model.config.gpt_oss_120b", "36 layers of width 2880, 128 experts, top-4", "",
    "GPT-OSS 120B, windows of 128 in every second layer", .input, .secondary,
    "gpt-oss-120b, config.json, read in copies, https://arxiv.org/abs/2508.10925")
  package let kimiK2 = Fact(
    "model.config.kimi_k2", "61 layers of width 7168, 384 experts, top-8", "",
    "Kimi-K2 1T, without MTP modules", .input, .secondary,
    "Kimi-K2, config.json, read in copies, https://github.com/MoonshotAI/Kimi-K2")
  package let llama405B = Fact(
    "model.config.llama_3_1_405b", "126 layers of width 16384", "", "Llama 3.1 405B, dense",
    .input, .unverified, "Llama 3.1 405B, config.json, https://arxiv.org/abs/2407.21783")
  package let llama70B = Fact(
    "model.config.llama_3_70b", "80 layers of width 8192", "",
    "Llama 3 70B, dense", .input, .secondary,
    "Llama 3 70B, config.json, read in copies, https://arxiv.org/abs/2407.21783")
  package let llama8B = Fact(
    "model.config.llama_3_8b", "32 layers of width 4096", "",
    "Llama 3 8B, dense", .input, .secondary,
    "Llama 3 8B, config.json, read in copies, https://arxiv.org/abs/2407.21783")
  package let llama4Maverick = Fact(
    "model.config.llama_4_maverick", "48 layers of width 5120, 128 experts, top-1", "",
    "Llama 4 Maverick, text model, experts in every second layer", .input, .secondary,
    "Llama 4 Maverick, config.json, read in copies, https://huggingface.co/meta-llama")
  package let miniMaxM2 = Fact(
    "model.config.minimax_m2", "62 layers of width 3072, 256 experts, top-8", "",
    "MiniMax-M2 230B, three MTP modules", .input, .secondary,
    "MiniMax-M2, config.json, read in copies, https://github.com/MiniMax-AI/MiniMax-M2")
  package let mixtral8x7B = Fact(
    "model.config.mixtral_8x7b", "32 layers of width 4096, 8 experts, top-2", "", "Mixtral 8x7B",
    .input, .secondary,
    "Mixtral 8x7B, config.json, read in copies, https://arxiv.org/abs/2401.04088")
  package let qwen72B = Fact(
    "model.config.qwen2_5_72b", "80 layers of width 8192", "",
    "Qwen2.5-72B, dense, biases in the projections of q, k and v", .input, .unverified,
    "Qwen2.5-72B, config.json, https://huggingface.co/Qwen/Qwen2.5-72B")
  package let qwen235B = Fact(
    "model.config.qwen3_235b_a22b", "94 layers of width 4096, 128 experts, top-8", "",
    "Qwen3-235B-A22B", .input, .secondary,
    "Qwen3-235B-A22B, config.json, read in copies, https://arxiv.org/abs/2505.09388")
  package let qwen30B = Fact(
    "model.config.qwen3_30b_a3b", "48 layers of width 2048, 128 experts, top-8", "",
    "Qwen3-30B-A3B", .input, .secondary,
    "Qwen3-30B-A3B, config.json, read in copies, https://arxiv.org/abs/2505.09388")
  package let fp8CacheBytes = Fact(
    "model.kv_bytes_fp8_per_layer", "656", "B",
    "a token's cache in one layer: 512 numbers in FP8, 4 scales in FP32, 64 numbers in BF16",
    .input, .primary, .flashMLA("README, the format of DeepSeek-V3.2"))
}
