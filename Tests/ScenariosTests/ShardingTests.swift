// Tensor, sequence and context parallelism in scenarios: the divisibility rules and their messages.

import ModelCost
import Testing

@testable import Scenarios

@Suite("Tensor and context groups in scenarios")
struct ShardingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var overrides: [String]
    var keyPath: String
    var words: String
    var allowed: String
    var testDescription: String { overrides.joined(separator: " ") }

    init(_ overrides: [String], _ keyPath: String, _ words: String, allowed: String) {
      self.overrides = overrides
      self.keyPath = keyPath
      self.words = words
      self.allowed = allowed
    }
  }

  static let cases = [
    Case(
      ["training.parallel.tensor=3", "training.parallel.data=8"], "training.parallel.tensor",
      "\"3\" does not divide the 128 attention heads", allowed: "nearest: 2 or 4"),
    Case(
      ["training.parallel.tensor=16"], "training.parallel.tensor",
      "\"16\" does not divide the 8 GPUs of a node", allowed: "nearest: 8"),
    Case(
      ["training.parallel.sequence=true"], "training.parallel.sequence", "needs a tensor group",
      allowed: "expected: training.parallel.tensor above 1"),
    Case(
      ["training.parallel.sequence=false", "training.parallel.tensor=2"],
      "training.parallel.sequence", "is not supported with experts", allowed: "expected: true"),
    Case(
      [
        "training.parallel.context=3", "training.parallel.data=40", "training.parallel.expert=8",
      ], "training.sequence_length",
      "do not divide into the 6 parts of context 3", allowed: "nearest: 4092 or 4098 tokens"),
    Case(
      ["training.parallel.context_exchange=gather"], "training.parallel.context_exchange",
      "\"gather\" needs a context group", allowed: "expected: training.parallel.context above 1"),
    Case(
      [
        "training.parallel.context=2", "training.parallel.tensor=8",
        "training.sequence_length=4100 tokens",
      ], "training.sequence_length", "do not divide over 16 GPUs",
      allowed: "nearest: 4096 or 4128 tokens"),
    Case(
      ["training.parallel.tensor=8", "training.parallel.data=128"], "training.parallel.data",
      "x tensor and context 8 is 16384 GPUs, but the cluster has 2048",
      allowed: "expected: at most 16"),
    Case(
      ["training.parallel.context=256"], "training.parallel.pipeline",
      "x tensor and context 256 ranks, but the cluster has 2048 GPUs", allowed: ""),
    Case(
      ["training.parallel.tensor=8", "training.parallel.data=4"], "training.parallel.expert",
      "does not divide the 32 GPUs of a rank", allowed: "expected: a divisor of 32"),
  ]

  @Test(
    "a violated divisibility rule is reported at its key with the nearest legal value",
    arguments: cases)
  func conditions(given: Case) throws {
    let found = problems(try shippedText(), given.overrides)

    #expect(found.map(\.keyPath) == [given.keyPath])
    #expect(found.first?.message.contains(given.words) == true)
    #expect(found.first?.allowed?.hasPrefix(given.allowed) ?? given.allowed.isEmpty)
  }

  @Test("a width that a tensor group does not divide is reported with the groups that do")
  func widths() throws {
    let found = problems(
      try shippedText("tiny-16gpu"),
      ["model.dense_intermediate=4100", "training.parallel.tensor=8"])

    #expect(found.map(\.keyPath) == ["training.parallel.tensor"])
    #expect(found.first?.message.contains("4100 columns of the dense feed-forward") == true)
    #expect(found.first?.allowed == "nearest: 4")
  }

  @Test("groups divide the GPUs left by pipelines, and tokens are divided by default")
  func layouts() throws {
    let both = try mainScenario("training.parallel.tensor=4", "training.parallel.context=2")
    #expect(both.training.layout.data == 16)
    #expect(
      both.training.layout.sharding
        == LayerSharding(tensor: 4, context: 2, isSequenceParallel: true))
    // Experts are still on 64 neighbours among the 128 GPUs of a rank.
    #expect(both.training.layout.gpusPerRank == 128)
    #expect(both.training.ownTokens == 512)

    #expect(try mainScenario().training.layout.sharding == LayerSharding.none)
    let dense = try Scenario.decode(
      text: try shippedText("dense-72b"), file: "a.yaml",
      overrides: ["training.parallel.tensor=2", "training.parallel.sequence=false"])
    #expect(dense.training.ownTokens == dense.training.sequenceLength)
  }
}
