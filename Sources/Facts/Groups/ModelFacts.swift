// Model shapes, from their config files.

/// Facts `model.`.
package struct ModelFacts: Sendable {
  package let deepseekV3 = Fact(
    "model.config", "61 layers of width 7168, 256 experts, top-8 of 4 groups", "",
    "DeepSeek-V3 671B, with one MTP module", .input, .primary,
    "DeepSeek-V3, inference/configs/config_671B.json, https://github.com/deepseek-ai/DeepSeek-V3",
    .report("section 4.2"))
  package let deepseekV2 = Fact(
    "model.config.deepseek_v2", "60 layers of width 5120, 160 experts, top-6 of 3 groups", "",
    "DeepSeek-V2 236B", .input, .secondary,
    "DeepSeek-V2, config.json, read in copies, https://arxiv.org/abs/2405.04434")
  package let llama405B = Fact(
    "model.config.llama_3_1_405b", "126 layers of width 16384", "", "Llama 3.1 405B, dense",
    .input, .unverified, "Llama 3.1 405B, config.json, https://arxiv.org/abs/2407.21783")
  package let mixtral8x7B = Fact(
    "model.config.mixtral_8x7b", "32 layers of width 4096, 8 experts, top-2", "", "Mixtral 8x7B",
    .input, .secondary,
    "Mixtral 8x7B, config.json, read in copies, https://arxiv.org/abs/2401.04088")
  package let qwen72B = Fact(
    "model.config.qwen2_5_72b", "80 layers of width 8192", "",
    "Qwen2.5-72B, dense, biases in the projections of q, k and v", .input, .unverified,
    "Qwen2.5-72B, config.json, https://huggingface.co/Qwen/Qwen2.5-72B")
  package let fp8CacheBytes = Fact(
    "model.kv_bytes_fp8_per_layer", "656", "B",
    "a token's cache in one layer: 512 numbers in FP8, 4 scales in FP32, 64 numbers in BF16",
    .input, .primary, .flashMLA("README, the format of DeepSeek-V3.2"))
}
