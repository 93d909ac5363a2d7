// Remedies suggested for an inference step that does not fit: each must work as suggested.

import Recording
import Scenarios
import Serving
import Testing

@testable import Experiments

@Suite("Remedies for an inference step that does not fit")
struct InferenceRemedyTests {
  private func scenario(_ node: String, _ layout: String, nodes: Int = 1) throws -> Scenario {
    try Scenario.decode(
      text: """
        name: a
        cluster: {node: \(node), nodes: \(nodes)}
        model: deepseek-v3
        inference: {phase: decode, batch: 1 sequence, context: 4096 tokens, \(layout)}

        """, file: "a.yaml")
  }

  /// The message and the remedies of a scenario, each tried as suggested.
  private func refusal(_ scenario: Scenario) throws -> (text: String, remedies: [[Setting]]) {
    let refusal = #expect(throws: InferenceRefusal.self) {
      _ = try Trial(scenario, programVersion: "test").run()
    }
    guard let refusal, case .memory(let shortage) = refusal else { return ("", []) }
    #expect(refusal.unknownKeys == [])
    let remedies = try #require(shortage.wouldFit)
    for settings in remedies {
      #expect(throws: Never.self, "\(settings)") {
        _ = try Trial(scenario.changed(by: settings), programVersion: "test").run()
      }
    }
    return (refusal.description, remedies)
  }

  @Test("eight H800 lack room for DeepSeek-V3: narrower weights or more nodes would fit")
  func oneHost() throws {
    let (text, remedies) = try refusal(scenario("h800-sxm", "tensor: 8, experts: tp"))

    #expect(text.contains("tensor 8 x data 1 x pipeline 1, experts tp, weights fp8_tile"))
    #expect(text.contains("weights 79.29 GiB"))
    #expect(remedies.contains { $0.contains { $0.key == "inference.weights.format" } })
    #expect(remedies.contains { $0.contains(Setting("cluster.nodes", "2")) })
  }

  @Test("eight H20 with whole attention each are told of tensor groups, which fit")
  func otherDivision() throws {
    let (text, remedies) = try refusal(scenario("h20", "expert_parallel: 8"))

    #expect(text.contains("tensor 1 x data 8 x pipeline 1, experts ep"))
    let first = try #require(remedies.first)
    #expect(first.contains { $0.key == "inference.tensor" })
    #expect(first.contains(Setting("inference.expert_parallel", nil)))
    #expect(!first.contains { $0.key == "inference.data" })
  }

  @Test(
    "a pool of a service that does not fit is told of its own keys",
    arguments: [
      ("colocated: {}", "service.colocated"),
      ("prefill: {tensor: 4}, decode: {}", "service.decode"),
    ])
  func service(pools: String, path: String) throws {
    let scenario = try Scenario.decode(
      text: """
        name: a
        cluster: {node: h100-sxm, nodes: 2}
        model: llama-3-70b
        service: {load: {arrivals: poisson, rate: 5/s, requests: 4, prompt: {length: 2000 tokens},
          output: {length: 4 tokens}}, \(pools)}

        """, file: "a.yaml")

    let (text, remedies) = try refusal(scenario)

    #expect(remedies.first == [Setting("\(path).tensor", "2")])
    #expect(text.contains("would fit: --set \(path).tensor=2"))
    #expect(!text.contains("inference."))
  }
}
