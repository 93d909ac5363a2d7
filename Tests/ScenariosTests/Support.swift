// What the suites of this room share: the shipped files, and the schedules that the tests can name.

import Foundation
import Testing

@testable import Scenarios

/// The folder of the shipped scenarios.
let scenarioFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("scenarios")

/// The shipped scenarios in the order of their names.
let shippedNames = [
  "deepseek-v3-pretrain", "deepseek-v3-pretrain-1f1b", "deepseek-v3-pretrain-zb1p",
  "deepseek-v3-traced-experts", "deepseek-v3-uneven-experts", "dense-72b",
  "does-not-fit", "own-order", "tiny-16gpu",
]

/// The path of a shipped scenario.
func shippedPath(_ name: String) -> String {
  scenarioFolder.appendingPathComponent(name + ".yaml").path
}

/// The text of a shipped scenario.
func shippedText(_ name: String = "deepseek-v3-pretrain") throws -> String {
  try String(contentsOfFile: shippedPath(name), encoding: .utf8)
}

/// Three schedules with the published rule of DualPipe: P even, M even, M >= 2P.
let vocabulary = ScheduleVocabulary(
  names: ["1f1b", "zb_h1", "dualpipe"],
  canonical: { name in
    ["1f1b": "1f1b", "zb_h1": "zb_h1", "zb1p": "zb_h1", "dualpipe": "dualpipe"][name.lowercased()]
  },
  stages: { _, ranks, _ in ranks },
  refusal: { name, ranks, microbatches, _ in
    guard name == "dualpipe" else { return nil }
    if ranks % 2 != 0 {
      return .init(field: "pipeline", message: "\"\(ranks)\": DualPipe needs an even number")
    }
    guard microbatches % 2 == 0, microbatches >= 2 * ranks else {
      return .init(
        field: "microbatches",
        message: "\"\(microbatches)\": DualPipe with pipeline \(ranks) needs an even number >="
          + " \(2 * ranks)")
    }
    return nil
  })

/// The main scenario with overrides.
func mainScenario(_ overrides: String..., seed: UInt64? = nil) throws -> Scenario {
  try Scenario.decode(
    text: try shippedText(), file: "a.yaml", overrides: overrides, seed: seed,
    schedules: vocabulary)
}

/// The problems of a text with overrides; empty where it is valid.
func problems(_ text: String, _ overrides: [String] = []) -> [Diagnostic] {
  do {
    _ = try Scenario.decode(
      text: text, file: "a.yaml", overrides: overrides, schedules: vocabulary)
    return []
  } catch {
    return error.diagnostics
  }
}

/// The problems of the main scenario with overrides.
func mainProblems(_ overrides: String...) throws -> [Diagnostic] {
  problems(try shippedText(), overrides)
}
