// The published step and run of DeepSeek-V3: table 4 of the hardware paper, table 1 of the report.

import Facts
import Recording

extension PublishedFigures {
  static let mainStep: [Figure] = step + singlePlane + run

  private static let main = SimulatedCase("deepseek-v3-pretrain")
  private static let plane = SimulatedCase(
    "deepseek-v3-pretrain", [Setting("cluster.topology", "single-plane")])
  private static let whole = SimulatedCase("deepseek-v3-run")

  private static let step: [Figure] = [
    row(.published.trainT4TokensPerDay, "tokens a day", "10^9", digit: 0.1, factor: 1e-9, .perDay),
    row(.published.trainT4TimePerStep, "time of a step", "s", .metric(.stepTime)),
    row(.published.trainT41F, "forward alone (1F)", "s", .phase(.forwardAlone)),
    row(.published.trainT41B, "backward alone (1B)", "s", .phase(.backwardAlone)),
    row(.published.trainT41W, "weight gradients alone (1W)", "s", .phase(.weightAlone)),
    row(.published.trainT41F1B, "overlapped pairs (1F1B)", "s", .phase(.overlappedPair)),
    row(.published.trainT4Bubble, "bubble", "s", .metric(.bubbleTime)),
    row(.published.trainT4Opt, "optimizer", "s", .metric(.optimizerTime)),
    row(
      .published.trainT4TFLOPsNoncausal, "speed of a GPU, non-causal", "TFLOP/s",
      .metric(.teraflopsPerGPUNonCausal)),
    row(
      .published.trainT4TFLOPsCausal, "speed of a GPU, causal", "TFLOP/s",
      .metric(.teraflopsPerGPUCausal)),
    row(.published.trainT4MFUNoncausal, "MFU, non-causal", "1", .metric(.mfuNonCausal)),
    row(.published.trainT4MFUCausal, "MFU, causal", "1", .metric(.mfuCausal)),
    chunk("F", "time of a forward chunk", .forward),
    chunk("B", "time of a backward chunk", .backward),
    chunk("W", "time of a chunk of weight gradients", .backwardWeight),
    chunk("FB", "time of an overlapped pair", .overlapped),
    row(
      .published.trainGPUHoursPerT, "GPU-hours for 10^12 tokens", "GPU-hour", digit: 1000,
      .metric(.gpuHoursPerTrillionTokens)),
  ]

  private static let singlePlane: [Figure] = [
    mrft("tokens_per_day", "tokens a day", "10^9", digit: 0.01, factor: 1e-9, .perDay),
    mrft("time_per_step", "time of a step", "s", .metric(.stepTime)),
    mrft("F", "forward alone (1F)", "s", .phase(.forwardAlone)),
    mrft("B", "backward alone (1B)", "s", .phase(.backwardAlone)),
    mrft("W", "weight gradients alone (1W)", "s", .phase(.weightAlone)),
    mrft("FB", "overlapped pairs (1F1B)", "s", digit: 0.01, .phase(.overlappedPair)),
    mrft("bubble", "bubble", "s", .metric(.bubbleTime)),
    mrft("opt", "optimizer", "s", .metric(.optimizerTime)),
    mrft("mfu_nc", "MFU, non-causal", "1", .metric(.mfuNonCausal)),
    mrft("mfu_c", "MFU, causal", "1", digit: 0.0001, .metric(.mfuCausal)),
  ]

  private static let run: [Figure] = [
    hours("pretrain", "pre-training", .hours(["ramp", "plateau"])),
    hours("context", "context extension", .hours(["extension_32k", "extension_128k"])),
    hours("post", "post-training", .hours(["post_training"])),
    hours("total", "whole run", .singleRun(.runGPUHours)),
  ]

  private static func row(
    _ fact: Fact, _ what: String, _ unit: String, digit: Double? = nil, factor: Double = 1,
    _ derivation: Derivation
  ) -> Figure {
    Figure(
      .mainStep, fact, what, unit, digit: digit, factor: factor, .steps,
      family: "deepseek-v3 h800 step", .run(main, derivation))
  }

  private static func mrft(
    _ key: String, _ what: String, _ unit: String, digit: Double? = nil, factor: Double = 1,
    _ derivation: Derivation
  ) -> Figure {
    Figure(
      .mainStep, .published.trainT4Mrft, key: key, "\(what), single-plane network", unit,
      digit: digit,
      factor: factor, .steps, family: "deepseek-v3 h800 step", .run(plane, derivation))
  }

  private static func chunk(_ key: String, _ what: String, _ kind: CellKind) -> Figure {
    Figure(
      .mainStep, .published.trainT4ImpliedChunkMs, key: key, what, "ms", .steps,
      family: "deepseek-v3 h800 step", .run(main, .chunk(kind)))
  }

  private static func hours(_ key: String, _ what: String, _ derivation: Derivation) -> Figure {
    Figure(
      .mainStep, .published.trainGPUHours, key: key, "GPU-hours, \(what)", "GPU-hour", digit: 1000,
      .runs,
      family: "deepseek-v3 h800 run", .run(whole, derivation))
  }
}

extension Derivation {
  /// Tokens a day in 10^9.
  static let perDay = Derivation.metric(.tokensPerDay) { value, _ in value * 1e-9 }

  /// Time of a phase of the step, mean over GPUs.
  static func phase(_ phase: Phase) -> Derivation {
    .record { record in
      record.rankTimes.meanSeconds(overGPUs: record.rankTimes.gpuCount) { $0.phase == phase }
    }
  }

  /// Mean time of a cell of a kind over GPUs, in milliseconds; of a backward, with both halves or
  /// its input half alone, as the schedule has them.
  static func chunk(_ kind: CellKind) -> Derivation {
    .record { record in
      let kinds = kind == .backward ? [.backward, .backwardInput] : [kind]
      let cells = record.cellTimes.filter { kinds.contains($0.kind) }
      let count = cells.reduce(0) { $0 + $1.gpus * $1.count }
      let seconds = cells.reduce(0.0) { $0 + Double($1.gpus) * $1.time.seconds }
      return count > 0 ? seconds / Double(count) * 1e3 : nil
    }
  }

  /// GPU-hours of some phases of a run.
  static func hours(_ names: [String]) -> Derivation {
    .record { record in
      let phases = record.run.phases.filter { names.contains($0.name) }
      return phases.count == names.count ? phases.reduce(0) { $0 + $1.gpuHours } : nil
    }
  }
}
