// Published shares of useful time, and the speed of a long run.

import Facts
import Recording

extension PublishedFigures {
  static let reliability: [Figure] = [
    atLeast(
      Figure(
        .reliability, .reliability.llama3Time, "useful time, Llama 3 405B, 54 days", "1",
        published: 0.9, digit: 0.01, .runs, family: "llama-3.1-405b h100",
        .run(SimulatedCase("llama-405b-54-days"), .singleRun(.runGoodput)))),
    Figure(
      .reliability, .published.relMegascale, key: "mfu", "MFU, dense 175B, 12,288 A100", "1",
      .steps,
      family: "megascale a100", .run(SimulatedCase("megascale-175b"), .metric(.mfuCausal))),
  ]

  private static func atLeast(_ figure: Figure) -> Figure {
    var figure = figure
    figure.relation = .atLeast
    return figure
  }
}
