// Shared by the suites of this target: the shipped files, and the questions they ask.

import Foundation
import Serving
import Testing
import Training

@testable import Scenarios

/// The folder of the shipped scenarios.
let scenarioFolder = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("scenarios")

/// The shipped scenarios in order of name.
let shippedNames = [
  "deepseek-v3-h100-megatron", "deepseek-v3-pretrain", "deepseek-v3-pretrain-1f1b",
  "deepseek-v3-pretrain-zb1p", "deepseek-v3-traced-experts", "deepseek-v3-uneven-experts",
  "dense-72b", "does-not-fit", "gpt-oss-120b-pretrain", "llama-3-70b-fsdp", "own-order",
  "qwen3-235b-pretrain",
  "tiny-16gpu",
]

/// The path of a shipped scenario.
func shippedPath(_ name: String) -> String {
  scenarioFolder.appendingPathComponent(name + ".yaml").path
}

/// The text of a shipped scenario.
func shippedText(_ name: String = "deepseek-v3-pretrain") throws -> String {
  try String(contentsOfFile: shippedPath(name), encoding: .utf8)
}

extension Scenario {
  /// The training question of a scenario.
  ///
  /// - Precondition: the scenario asks about training.
  var training: TrainingSpec {
    guard case .trainingStep(let spec) = question else { preconditionFailure("asks otherwise") }
    return spec
  }

  /// The inference question of a scenario.
  ///
  /// - Precondition: the scenario asks about inference.
  var inference: InferenceSpec {
    guard case .inferenceStep(let spec) = question else { preconditionFailure("asks otherwise") }
    return spec
  }
}

/// The main scenario with overrides.
func mainScenario(_ overrides: String..., seed: UInt64? = nil) throws -> Scenario {
  try Scenario.decode(
    text: try shippedText(), file: "a.yaml", overrides: overrides, seed: seed)
}

/// The problems of a text with overrides; empty if it is valid.
func problems(_ text: String, _ overrides: [String] = []) -> [Diagnostic] {
  do {
    _ = try Scenario.decode(
      text: text, file: "a.yaml", overrides: overrides)
    return []
  } catch {
    return error.diagnostics
  }
}

/// The problems of the main scenario with overrides.
func mainProblems(_ overrides: String...) throws -> [Diagnostic] {
  problems(try shippedText(), overrides)
}
