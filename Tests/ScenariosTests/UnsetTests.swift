import Recording
import Testing

@testable import Scenarios

@Suite("Keys of a scenario can be unset")
struct UnsetTests {
  private func problems(_ unset: String..., set: [String] = []) throws -> [Diagnostic] {
    do {
      _ = try Scenario.decode(
        text: try shippedText(), file: "a.yaml", overrides: set, unset: unset)
      return []
    } catch let error as ScenarioProblem {
      return error.diagnostics
    }
  }

  @Test("an unset key equals one that was never written, and is recorded without a value")
  func absent() throws {
    let scenario = try Scenario.decode(
      text: try shippedText(), file: "a.yaml", overrides: ["training.schedule=1f1b"],
      unset: ["training.precision.moments", "training.partition"])

    #expect(scenario.training.precision.moments == .bf16)
    #expect(
      scenario.settings == [
        Setting("training.precision.moments", nil), Setting("training.partition", nil),
        Setting("training.schedule", "1f1b"),
      ])
  }

  @Test("a block can be unset before one of its keys is set")
  func beforeSet() throws {
    let scenario = try Scenario.decode(
      text: try shippedText(), file: "a.yaml", overrides: ["training.precision.gemm=bf16"],
      unset: ["training.precision"])

    #expect(scenario.training.precision.gemm == .bf16)
  }

  @Test("unsetting a key that does not exist is one error with a suggestion")
  func unknown() throws {
    let found = try problems("training.partion", set: ["training.node_limit=2"])

    #expect(found.map(\.source) == ["--unset training.partion"])
    #expect(found.first?.keyPath == "training.partion")
    #expect(found.first?.suggestion == "partition")
    #expect(try problems("training..a").first?.message.contains("is not a key") == true)
    #expect(
      try problems("training.schedule.a").first?.message.contains("has no keys of its own")
        == true)
  }

  @Test("keys that are then missing are reported as usual, at the option")
  func required() throws {
    for (key, words) in [
      ("cluster", "is required"), ("training.parallel.pipeline", "is required"),
      ("training.parallel.expert", "is required: deepseek-v3 has 256 routed experts"),
      ("training.schedule", "needs schedule or schedule_file"),
      ("training.microbatches", "needs microbatches or global_batch"),
      ("training", "needs training or inference or service or run"),
    ] {
      let found = try problems(key)

      #expect(found.first?.message == words, "\(key)")
      #expect(found.map(\.source) == ["--unset \(key)"], "\(key)")
    }
  }

  @Test("a list has no keys to unset, and neither has a catalogue name")
  func noKeys() throws {
    #expect(
      try problems("training.activations.recompute.x").first?.message.contains("no keys") == true)
    #expect(try problems("cluster.node.nic").isEmpty)
  }

  @Test("settings are printed as the options that make them, with shell quotes if needed")
  func options() {
    #expect(Setting("training.schedule", "zb_h1").option == "--set training.schedule=zb_h1")
    #expect(Setting("training.chunks", nil).option == "--unset training.chunks")
    #expect(Setting("a", "[1, 2]").option == "--set 'a=[1, 2]'")
    #expect(Setting("a", "it's").option == #"--set 'a=it'\''s'"#)
  }
}
