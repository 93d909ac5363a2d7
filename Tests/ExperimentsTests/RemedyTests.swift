// Remedies suggested for a step that does not fit: each must work exactly as suggested.

import Recording
import Scenarios
import Testing
import Training

@testable import Experiments

@Suite("Remedies for a step that does not fit")
struct RemedyTests {
  private func scenario(_ training: String, nodes: Int = 1) throws -> Scenario {
    try Scenario.decode(
      text: """
        name: a
        cluster: {node: h100-sxm, nodes: \(nodes)}
        model: mixtral-8x7b
        training: {sequence_length: 4096 tokens, \(training)}

        """, file: "a.yaml")
  }

  /// The remedies of a scenario, each tried as suggested.
  private func remedies(_ scenario: Scenario) throws -> [[Setting]] {
    let refusal = #expect(throws: TrainingRefusal.self) {
      _ = try Trial(scenario, programVersion: "test").run()
    }
    guard case .memory(let shortage) = refusal else { return [] }
    let remedies = try #require(shortage.wouldFit)
    for settings in remedies {
      #expect(throws: Never.self, "\(settings)") {
        _ = try Trial(scenario.changed(by: settings), programVersion: "test").run()
      }
    }
    return remedies
  }

  @Test("a remedy that adds an expert group also gets default communication multiprocessors")
  func smallest() throws {
    // A remedy that changed the resolved spec kept the defaults of the old one and trapped.
    let found = try remedies(
      scenario("schedule: 1f1b, microbatches: 1, parallel: {pipeline: 1, expert: 1}"))

    #expect(found.count == 1)
    #expect(found.first?.contains(Setting("cluster.nodes", "2")) == true)
  }

  @Test("a remedy unsets exactly the keys that conflict with it")
  func fixed() throws {
    let found = try remedies(
      scenario(
        """
        schedule: 1f1b, microbatches: 8, microbatch: 2, partition: [32],
          parallel: {pipeline: 1, expert: 8, data: 16}
        """, nodes: 2))

    let option = try #require(
      found.first { $0.contains { $0.key == "training.parallel.pipeline" } }
    ).map(\.option).joined(separator: " ")
    #expect(option.contains("--unset training.partition"))
    #expect(option.contains("--unset training.parallel.data"))
    #expect(!option.contains("--unset training.chunks"))
  }

  @Test("a schedule with a fixed number of chunks unsets the scenario's")
  func chunks() throws {
    let found = try remedies(
      scenario(
        """
        schedule: interleaved, chunks: 4, microbatches: 64, microbatch: 6,
          parallel: {pipeline: 4, expert: 8}
        """, nodes: 4))

    let plain = found.filter { $0.first?.key == "training.schedule" }
    #expect(!plain.isEmpty)
    #expect(
      plain.allSatisfy {
        $0.first?.value?.hasPrefix("interleaved") == true
          || $0.contains(Setting("training.chunks", nil))
      })
  }

  @Test("trials of an experiment are refused without a search for remedies")
  func experiments() throws {
    let scenario = try scenario(
      "schedule: 1f1b, microbatches: 1, parallel: {pipeline: 1, expert: 1}")
    let refusal = #expect(throws: TrainingRefusal.self) {
      _ = try Trial(scenario, programVersion: "test").run(triesRemedies: false)
    }

    #expect(refusal?.description.contains("it holds: ") == true)
    #expect(refusal?.description.contains("would fit") == false)
  }
}
