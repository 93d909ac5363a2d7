// Scenarios that the program writes: read again, they ask the same.

import Foundation
import Recording
import Testing

@testable import Scenarios

@Suite("Written scenarios")
struct WrittenScenarioTests {
  private static var paths: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: scenarioFolder.path)
        .filter { $0.hasSuffix(".yaml") }.sorted()
        .map { scenarioFolder.appendingPathComponent($0).path }
    }
  }

  /// Whether two questions are equal; a description may order the entries of a table differently.
  private func isSame(_ first: Question, _ second: Question) -> Bool {
    switch (first, second) {
    case (.trainingStep(let first), .trainingStep(let second)): first == second
    case (.inferenceStep(let first), .inferenceStep(let second)): first == second
    case (.trainingRun(let first), .trainingRun(let second)): first == second
    default: "\(first)" == "\(second)"
    }
  }

  @Test("every shipped scenario that is written and read again asks the same")
  func roundTrip() throws {
    var count = 0
    for path in try Self.paths {
      let document = try ScenarioDocument(path: path)
      guard let scenario = try? document.scenario() else { continue }
      count += 1

      let written = try ScenarioDocument(
        text: document.yaml(ScenarioChanges(), remarks: ["written"]), file: path)
      let again = try written.scenario()

      #expect(again.name == scenario.name && again.seed == scenario.seed)
      #expect("\(again.cluster)" == "\(scenario.cluster)", "\(path)")
      #expect("\(again.model)" == "\(scenario.model)", "\(path)")
      #expect(isSame(again.question, scenario.question), "\(path)")
      #expect(written.yaml(ScenarioChanges()) == document.yaml(ScenarioChanges()))
    }
    #expect(count >= 30)
  }

  @Test("changes, removals and the seed are in the file")
  func changes() throws {
    let document = try ScenarioDocument(path: shippedPath("deepseek-v3-pretrain"))
    let changes = ScenarioChanges(
      overrides: ["training.schedule=zb1p", "cluster.node.nic=200 Gb/s"],
      unset: ["training.partition"], seed: 77)

    let written = try ScenarioDocument(text: document.yaml(changes), file: "a.yaml").scenario()

    let direct = try document.scenario(changes)
    #expect(isSame(written.question, direct.question))
    #expect("\(written.cluster)" == "\(direct.cluster)")
    #expect(written.seed == 77)
  }

  @Test("texts with marks of YAML keep their meaning")
  func quoting() throws {
    let text = try ScenarioDocument(path: shippedPath("tiny-16gpu")).yaml(
      ScenarioChanges(settings: [Setting("name", "'a: \"b\" #c \\ [d]'")]))

    #expect(
      try ScenarioDocument(text: text, file: "a.yaml").scenario().name == "a: \"b\" #c \\ [d]")
  }
}
