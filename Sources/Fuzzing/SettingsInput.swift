// Settings of small scenarios. What is valid and stays small is simulated, with the invariants of
// every run.

import Experiments
import Recording
import Scenarios

/// An input as the name of a small scenario and a setting `KEY=VALUE` on each further line.
struct SettingsInput {
  private let lines: [String]

  init(_ input: [UInt8], _ bench: FuzzBench) {
    lines = String(decoding: input, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Runs the scenario: a result without broken invariants, or a refusal.
  func run() throws -> String? {
    let base = lines.first.flatMap { SmallScenario(rawValue: $0) } ?? .training
    let document = try ScenarioDocument(text: base.text, file: "small.yaml")
    let scenario = try document.scenario(
      ScenarioChanges(overrides: Array(lines.dropFirst().prefix(16))))
    guard Self.isSmall(scenario) else { return nil }
    do {
      _ = try Trial(scenario, programVersion: "fuzz").run()
    } catch let broken as BrokenInvariant {
      return "\(broken)"
    }
    return nil
  }

  /// Whether a scenario takes well below a second.
  private static func isSmall(_ scenario: Scenario) -> Bool {
    guard scenario.cluster.gpuCount <= 64, scenario.model.layers <= 16 else { return false }
    return switch scenario.question {
    case .trainingStep(let spec):
      spec.microbatches <= 16 && spec.layout.pipeline <= 8 && spec.fidelity == .folded
        && (spec.chunks ?? 1) <= 8 && spec.jitter == .none
    case .inferenceStep(let spec):
      spec.microbatches <= 4 && spec.redundantExperts <= 128 && spec.fidelity == .folded
    case .service(let spec):
      spec.load.requests.count <= 24 && spec.pools.allSatisfy { $0.units <= 4 }
        && spec.load.requests.allSatisfy { $0.prompt + $0.output <= 4_096 }
    case .trainingRun: false
    }
  }
}
