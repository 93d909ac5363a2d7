// Remedies suggested for a step that does not fit: each must work exactly as suggested.

import Recording
import Runs
import Testing
import Training

@testable import Experiments
@testable import Scenarios

extension SimulationRefusal {
  /// Keys that its candidates change and that scenarios do not have: such a candidate never helps.
  var unknownKeys: [String] {
    candidates.flatMap(\.alternatives).joined().map(\.key).filter { key in
      let names = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      return ScenarioKeys.record.unknownKey(in: names) != nil
    }
  }
}

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
    guard let refusal, case .memory(let shortage) = refusal else { return [] }
    #expect(refusal.unknownKeys == [])
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

  @Test("a phase of a run that does not fit is told of the step's keys, in the run or in the phase")
  func phases() throws {
    func remedies(_ phases: String) throws -> [[Setting]] {
      let scenario = try Scenario.decode(
        text: """
          name: a
          cluster: {node: h100-sxm, nodes: 2}
          model: llama-3-8b
          run: {tokens: 10M tokens, replications: 1, \(phases)training: {schedule: 1f1b,
            sequence_length: 8192 tokens, global_batch: 128, parallel: {pipeline: 1, tensor: 8},
            sharding: {states: none}}}

          """, file: "a.yaml", overrides: phases.isEmpty ? ["run.training.parallel.tensor=1"] : [])
      let refusal = #expect(throws: RunRefusal.self) {
        _ = try Trial(scenario, programVersion: "test").run()
      }
      guard let refusal, case .step(_, _, .memory(let shortage)) = refusal else { return [] }
      #expect(refusal.unknownKeys == [])
      let found = try #require(shortage.wouldFit)
      for settings in found {
        #expect(throws: Never.self, "\(settings)") {
          _ = try Trial(scenario.changed(by: settings), programVersion: "test").run()
        }
      }
      return found
    }

    let one = try remedies("")
    let own = try remedies("phases: {late: {training: {parallel: {tensor: 1}}}}, ")

    #expect(one.contains { $0.first?.key == "run.training.parallel.tensor" })
    #expect(own.contains { $0.first?.key == "run.phases.late.training.parallel.tensor" })
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
