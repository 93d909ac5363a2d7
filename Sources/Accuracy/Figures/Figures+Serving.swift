// Published limits and deployments of inference.

import Facts
import Recording

extension PublishedFigures {
  private static let limit = SimulatedCase("inference-limit")
  private static let rack = SimulatedCase("inference-limit-nvl72")
  /// Layers with experts, and microbatches, of the limit's step.
  private static let exchangesPerStep = 58.0 * 2

  /// An analytic bound of communication alone, which a step with computation does not reach.
  static let limits: [Figure] = [
    bound("comm_us", "dispatch and combine of a layer", "us", limit, communication(1)),
    bound("layer_us", "the same of both microbatches", "us", limit, communication(2)),
    bound("tpot_ms", "TPOT", "ms", limit, .metric(.timePerOutputToken) { value, _ in value * 1e3 }),
    bound("nvl72_us", "dispatch and combine of a layer, NVL72", "us", rack, communication(1)),
    bound(
      "nvl72_tpot_ms", "TPOT, NVL72", "ms", rack,
      .metric(.timePerOutputToken) { value, _ in value * 1e3 }),
  ]

  static let deployments: [Figure] = [
    Figure(
      .deployments, .published.sglEplbGain, key: "prefill",
      "gain of placed and redundant experts, prefill",
      "x", .services, family: "sglang h100",
      .ratio(
        prefill, over: SimulatedCase("sglang-prefill", unplaced),
        .metric(.tokensPerSecondPerGPU))),
    Figure(
      .deployments, .published.sglEplbGain, key: "decode",
      "gain of placed and redundant experts, decode",
      "x", .services, family: "sglang h100",
      .ratio(
        decode, over: SimulatedCase("sglang-decode", unplacedDecode),
        .metric(.tokensPerSecondPerGPU))),
    Figure(
      .deployments, .published.sglLatency, key: "itl_ms", "time between tokens, SGLang, 72 H100",
      "ms",
      digit: 10, .services, family: "sglang h100",
      .run(decode, .metric(.timePerOutputToken) { value, _ in value * 1e3 })),
    Figure(
      .deployments, .published.vllmH200, "decode of DeepSeek-V3, vLLM, H200", "token/s/GPU",
      digit: 100, .services, family: "vllm h200",
      .run(SimulatedCase("vllm-h200-decode"), .metric(.tokensPerSecondPerGPU))),
    Figure(
      .drafts, .published.mtpTPSGain, "speed of a user with drafts over that without", "x",
      .services, family: "deepseek-v3 h800 decode",
      .ratio(
        drafted, over: SimulatedCase("inference-decode-ep320", [Setting(acceptance, nil)]),
        .metric(.timePerOutputToken) { value, _ in 1 / value })),
  ]

  private static let decode = SimulatedCase("sglang-decode")
  private static let prefill = SimulatedCase("sglang-prefill")
  private static let drafted = SimulatedCase("inference-decode-ep320")
  private static let acceptance = "inference.mtp_acceptance"
  private static let unplaced = [
    Setting("inference.redundant_experts", "0"), Setting("inference.planner", "in_order"),
  ]

  /// 256 experts do not divide into equal slots on 72 GPUs: the nearest unit is one of 64.
  private static let unplacedDecode =
    unplaced + [Setting("cluster.nodes", "8"), Setting("inference.expert_parallel", "64")]

  private static func communication(_ microbatches: Double) -> Derivation {
    .metric(.communicationTime) { value, _ in value / exchangesPerStep * microbatches * 1e6 }
  }

  private static func bound(
    _ key: String, _ what: String, _ unit: String, _ run: SimulatedCase, _ derivation: Derivation
  ) -> Figure {
    var figure = Figure(
      .inference, .published.infLimit, key: key, what, unit, .services,
      family: "limits of inference",
      .run(run, derivation))
    figure.relation = .atLeast
    return figure
  }
}
