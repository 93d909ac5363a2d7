// The gate checked against DeepSeek's inference code, transformers, and the documented tie rule.

import Foundation
import Testing
import Units

@testable import Routing

/// One set of golden gate cases.
struct GateCases: Decodable, Sendable {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var experts: Int
    var groups: Int
    var topk_group: Int
    var topk: Int
    var has_ties: Bool
    var bias: [Float]
    var scores: [[Float]]
    var ds_indices: [[Int]]
    var rule_indices: [[Int]]

    var testDescription: String { name }
  }

  var cases: [Case]

  static func load() throws -> GateCases {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/gate_noaux_tc", withExtension: "json"))
    return try JSONDecoder().decode(GateCases.self, from: Data(contentsOf: url))
  }
}

@Suite("Gate")
struct GateTests {
  @Test("the gate selects the same experts as the original")
  func golden() throws {
    let cases = try GateCases.load().cases
    #expect(cases.count == 16)
    for set in cases {
      let gate = Gate(
        experts: set.experts, groups: set.groups, groupLimit: set.topk_group, topK: set.topk)
      var scratch = Gate.Scratch(for: gate)
      var selected = [Int](repeating: 0, count: set.topk)
      for (token, scores) in set.scores.enumerated() {
        let choices = zip(scores, set.bias).map { $0 + $1 }

        gate.select(choices, into: &selected, scratch: &scratch)

        #expect(selected == set.rule_indices[token], "\(set.name), token \(token)")
        if !set.has_ties { #expect(Set(selected) == Set(set.ds_indices[token])) }
      }
    }
  }

  @Test("an expert outside the kept groups is never chosen, however high its score")
  func limited() {
    let gate = Gate(experts: 8, groups: 4, groupLimit: 1, topK: 2)
    var scratch = Gate.Scratch(for: gate)
    var selected = [0, 0]

    gate.select([0.9, 0, 0.5, 0.6, 0, 0, 0, 0], into: &selected, scratch: &scratch)

    #expect(selected == [3, 2])
  }

  @Test(
    "for any shape, the gate selects as sorting would",
    arguments: [(24, 4, 2), (60, 3, 3), (9, 1, 1), (256, 8, 4)])
  func sorting(_ shape: (experts: Int, groups: Int, limit: Int)) {
    let size = shape.experts / shape.groups
    let gate = Gate(
      experts: shape.experts, groups: shape.groups, groupLimit: shape.limit, topK: 7)
    var scratch = Gate.Scratch(for: gate)
    var selected = [Int](repeating: 0, count: gate.topK)
    var random = RandomStream(seed: 1, purpose: RandomPurpose("tests.gate"))
    for _ in 0..<200 {
      // Few distinct values, so that many choices tie.
      let choices = (0..<gate.experts).map { _ in Float(random.index(below: 40)) / 8 }

      gate.select(choices, into: &selected, scratch: &scratch)

      let ranks = (0..<gate.groups).map { group in
        choices[group * size..<(group + 1) * size].sorted(by: >).prefix(2).reduce(0, +)
      }
      let kept = Set(
        ranks.indices.sorted { (-ranks[$0], $0) < (-ranks[$1], $1) }.prefix(gate.groupLimit))
      let expected = choices.indices.filter { kept.contains($0 / size) }
        .sorted { (-choices[$0], $0) < (-choices[$1], $1) }.prefix(gate.topK)
      #expect(selected == Array(expected))
    }
  }

  @Test("equal choices go to the lower index")
  func ties() {
    let gate = Gate(experts: 8, groups: 4, groupLimit: 2, topK: 3)
    var scratch = Gate.Scratch(for: gate)
    var selected = [0, 0, 0]

    gate.select(Array(repeating: 0.5, count: 8), into: &selected, scratch: &scratch)

    #expect(selected == [0, 1, 2])
  }
}

@Suite("Token fan-out")
struct TokenFanOutTests {
  struct Golden: Decodable {
    struct Row: Decodable {
      var scores: String
      var M: Int
      var mean_nodes: Double
      var mean_gpus_EP64: Double
    }
    var monte_carlo: [Row]
  }

  @Test("nodes and GPUs per token match a sample of the real gate, for every node limit")
  func golden() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/distinct_nodes", withExtension: "json"))
    let rows = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url)).monte_carlo
      .filter { $0.scores == "normal->sigmoid" }
    #expect(rows.count >= 6)
    for row in rows {
      let gate = Gate(experts: 256, groups: 8, groupLimit: row.M, topK: 8)

      let fanOut = TokenFanOut.expected(
        gate, nodeCount: 8, gpuCount: 64, tokens: 65_536)

      #expect(abs(fanOut.nodes - row.mean_nodes) < 0.015, "M = \(row.M)")
      #expect(abs(fanOut.gpus - row.mean_gpus_EP64) < 0.015, "M = \(row.M)")
    }
  }

  @Test("without a node limit the fan-out matches the closed form of independent choices")
  func closedForm() {
    let gate = Gate(experts: 256, groups: 1, groupLimit: 1, topK: 8)
    let fanOut = TokenFanOut.expected(gate, nodeCount: 8, gpuCount: 64)
    // 8 (1 - C(224,8)/C(256,8)) and 64 (1 - C(252,8)/C(256,8)).
    #expect(abs(fanOut.nodes - 5.2947) < 0.02)
    #expect(abs(fanOut.gpus - 7.6758) < 0.02)
  }

  @Test("fan-out follows the placement: a group kept together is one GPU, a scattered group two")
  func placed() {
    // A token visits both experts of one group out of two.
    let gate = Gate(experts: 4, groups: 2, groupLimit: 1, topK: 2)
    func fanOut(_ slots: [[Int]]) -> TokenFanOut {
      .expected(
        gate,
        placement: ExpertPlacement(
          layers: slots.map { LayerPlacement(experts: $0, expertCount: 4) }),
        nodeCount: 2, gpuCount: 2, tokens: 100)
    }

    #expect(fanOut([[2, 3, 0, 1]]) == TokenFanOut(nodes: 1, gpus: 1))
    #expect(fanOut([[0, 2, 1, 3]]) == TokenFanOut(nodes: 2, gpus: 2))
    // Tokens cycle through the layers.
    #expect(fanOut([[2, 3, 0, 1], [0, 2, 1, 3]]) == TokenFanOut(nodes: 1.5, gpus: 1.5))
  }
}
