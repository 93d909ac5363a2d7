// Units as people write them, at the keys of a scenario.

import Foundation
import Testing

@testable import Scenarios

@Suite("Units as people write them")
struct WrittenUnitsTests {
  private func inference(_ override: String) throws -> Scenario {
    try Scenario.decode(
      text: shippedText("inference-decode-ep144"), file: "a.yaml", overrides: [override])
  }

  @Test("a share may be written in per cent (F2-33)")
  func percent() throws {
    let plain = try inference("inference.mtp_acceptance=0.85")

    for text in ["85%", "85 %", "85.0%", "8.5e1%"] {
      let written = try inference("inference.mtp_acceptance=\(text)")
      #expect(written.inference == plain.inference, "\(text)")
    }
    #expect(
      try mainScenario("training.jitter.kernels=5%").training
        == mainScenario("training.jitter.kernels=0.05").training)
  }

  @Test("per cent is refused outside the range, and for numbers that are no shares")
  func wrongPercent() throws {
    func found(_ override: String) -> [String] {
      do {
        _ = try inference(override)
        return []
      } catch let error as ScenarioProblem {
        return error.diagnostics.map { [$0.message, $0.allowed ?? ""].joined(separator: "; ") }
      } catch {
        return ["\(error)"]
      }
    }

    #expect(
      found("inference.mtp_acceptance=150%")
        == ["\"150%\" is out of range; expected: 0% to 100%"])
    #expect(
      found("inference.mtp_acceptance=x%")
        == ["\"x%\" is not a number of per cent; expected: 85%"])
    #expect(
      found("inference.routing={source: lognormal, sigma: 50%}").first?.hasPrefix(
        "\"50%\" is not a number") == true)
  }

  @Test("bits a second and thousands of tokens (F2-33)")
  func rates() throws {
    func capacity(_ text: String) throws -> Scenario {
      try Scenario.decode(
        text: shippedText("tiny-16gpu"), file: "a.yaml",
        overrides: [
          "training.fidelity=every-gpu",
          "cluster.topology={name: a, links: [{from: node0-1, to: b, capacity: \(text),"
            + " latency: 1 us}]}",
        ])
    }

    let bytes = try capacity("50 GB/s").cluster
    for text in ["400Gbps", "400 Gbit/s", "400 Gb/s"] {
      #expect(try capacity(text).cluster == bytes, "\(text)")
    }
    #expect(
      try mainScenario("training.sequence_length=4K tokens").training
        == mainScenario("training.sequence_length=4096").training)
  }

  @Test("the JSON Schema accepts the same words")
  func schema() throws {
    let share = try #require(Kind.number(0...1).schema.first { $0.name == "anyOf" })
    let rate = try #require(
      ClusterKeyPatterns.capacity.first { $0.name == "pattern" }?.value.words)

    #expect(share.value.items.count == 2)
    #expect("400Gbps".range(of: rate, options: .regularExpression) != nil)
    #expect("400 GBps".range(of: rate, options: .regularExpression) == nil)
    #expect(Kind.number(0...3).schema.contains { $0.name == "type" })
  }
}

/// The schema of a rate.
private enum ClusterKeyPatterns {
  static let capacity = ListedLinkKeys.capacity.declaration.kind.schema
}
