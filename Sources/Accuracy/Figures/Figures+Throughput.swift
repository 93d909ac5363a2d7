// Training speeds of other models and GPUs: a vendor's table, and reports of users.

import Facts
import Recording

extension PublishedFigures {
  static let throughput: [Figure] = [
    speed(.published.thrGb200Llama38bFP8Cs, "Llama 3 8B, 8 GB200", "thr-gb200-llama3-8b"),
    speed(
      .published.thrGb200Llama31405bFP8Cs, "Llama 3.1 405B, 256 GB200", "thr-gb200-llama31-405b"),
    speed(.published.thrGb200Deepseekv3FP8Mx, "DeepSeek-V3, 256 GB200", "thr-gb200-deepseek-v3"),
    speed(.published.thrGb200GptOss120bBF16, "GPT-OSS 120B, 64 GB200", "thr-gb200-gpt-oss-120b"),
    speed(.published.thrB200Llama38bFP8Cs, "Llama 3 8B, 8 B200", "thr-b200-llama3-8b"),
    speed(.published.thrB200Deepseekv3FP8Mx, "DeepSeek-V3, 256 B200", "thr-b200-deepseek-v3"),
    speed(.published.thrH100Llama38bFP8Cs, "Llama 3 8B, 8 H100", "thr-h100-llama3-8b"),
    speed(
      .published.thrH100Llama370bFP8Cs, "Llama 3 70B, 64 H100, batch 128",
      "thr-h100-llama3-70b-batch128"),
    speed(
      .published.thrH100GptOss120bBF16, "GPT-OSS 120B, 64 H100, batch 512",
      "thr-h100-gpt-oss-120b"),
    speed(.published.thrH100Deepseekv3FP8, "DeepSeek-V3, 1,024 H100", "thr-h100-deepseek-v3"),
  ].flatMap(\.self)

  static let reports: [Figure] =
    speed(
      .published.thrH100GptOss120bBF162602, "GPT-OSS 120B, 64 H100, batch 1280",
      "thr-h100-gpt-oss-120b-batch1280", in: .reports)
    + speed(
      .published.thrH100Llama370bFP8CsGbs256, "Llama 3 70B, 64 H100, batch 256",
      "thr-h100-llama3-70b-batch256", in: .reports)
    + [
      Figure(
        .reports, .published.thrH100Mixtral8x7bBF16, key: "step_s", "Mixtral 8x7B, 16 H100, a step",
        "s", .steps, family: "mixtral-8x7b h100", .run(mixtral, .metric(.stepTime))),
      Figure(
        .reports, .published.thrH100Mixtral8x7bBF16, key: "tflops_per_gpu",
        "Mixtral 8x7B, 16 H100, speed of a GPU", "TFLOP/s", .steps, family: "mixtral-8x7b h100",
        .run(mixtral, .metric(.teraflopsPerGPUCausal))),
    ]

  private static let mixtral = SimulatedCase("mixtral-8x7b-16h100")

  /// Tokens a second and FLOPs a second of a GPU, which count alike but for the source's own way to
  /// count FLOPs.
  private static func speed(
    _ fact: Fact, _ what: String, _ scenario: String, in group: Figure.Group = .throughput
  ) -> [Figure] {
    let run = SimulatedCase(scenario)
    return [
      Figure(
        group, fact, key: "tokens_per_s_gpu", "\(what), tokens", "token/s/GPU", .steps,
        family: fact.id, .run(run, .tokensPerSecondPerGPU)),
      Figure(
        group, fact, key: "tflops_per_gpu", "\(what), speed of a GPU", "TFLOP/s", .steps,
        family: fact.id, .run(run, .metric(.teraflopsPerGPUCausal))),
    ]
  }
}

extension Derivation {
  /// Training tokens a second and GPU.
  static let tokensPerSecondPerGPU = Derivation.metric(.tokensPerDay) { value, record in
    record.value(.gpuCount).map { value / 86400 / $0 }
  }
}
