// Published figures that the program cannot produce, with the reason for each.

import Facts

/// A published figure without a simulation.
package struct NotSimulated: Sendable {
  package var fact: Fact
  /// The published text, or a part of it.
  package var published: String
  /// Why the program has no value for it.
  package var reason: String

  /// Every such figure.
  package static let all: [NotSimulated] = [
    NotSimulated(.published.fp8LossGap, "quality of training: only time and memory are simulated"),
    NotSimulated(.published.balValLoss1b, "quality of training"),
    NotSimulated(.published.balValLoss3b, "quality of training"),
    NotSimulated(.published.balUEffect, "in words, about quality of training"),
    NotSimulated(.published.netROCERouting, "a picture without digits"),
    NotSimulated(
      .published.infLimit, part: "tps 67", "the inverse of tpot_ms, which is a row"),
    NotSimulated(
      .published.sglLatency, part: "ttft_s 2 to 5",
      "a range; rate and lengths of requests are not published"),
    NotSimulated(.published.graySort3FS, "no model of a storage system's own work"),
    NotSimulated(.published.kvPCIEContention, "in words"),
    NotSimulated(
      .published.relMegascale,
      part: "auto_fixed 0.9, catchup_min 15, detect_diag_min 10, gpus 12288, restarts_min 100",
      "inputs of a run, whose failures are not published by cause"),
    NotSimulated(
      .published.relMegascale, part: "effective_min 0.9",
      "failures by cause and the length of the run are not published"),
    NotSimulated(
      .published.relMegascale, part: "mfu_gain_isolating 0.007, straggler_slow 0.1",
      "share of slow hosts is not published"),
    NotSimulated(.published.relDsv3, "in words"),
  ]

  /// The whole text of a fact.
  private init(_ fact: Fact, _ reason: String) {
    self.init(fact, part: fact.value, reason)
  }

  /// A part of it.
  private init(_ fact: Fact, part: String, _ reason: String) {
    self.fact = fact
    published = part
    self.reason = reason
  }
}
