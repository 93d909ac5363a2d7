import Foundation
import Scenarios
import Testing

@testable import Experiments

@Suite("A dead NIC with uneven experts")
struct DeadNICTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func stepTime(_ name: String, _ settings: [String]) throws -> Double {
    let path = Self.root.appending(path: "scenarios/\(name).yaml").path
    let scenario = try Scenario.load(
      path: path, overrides: ["cluster.faults=[{link: node1.nic5, capacity: 0%}]"] + settings)
    // The run itself checks that traffic forwarded by neighbours is conserved.
    return try Trial(scenario, programVersion: "test").run().stepTime.seconds
  }

  @Test("a training step takes as long at reduced fidelity as with every GPU")
  func training() throws {
    func time(_ fidelity: String) throws -> Double {
      try stepTime(
        "slow-nic",
        ["training.routing={source: zipf, exponent: 0.5}", "training.fidelity=\(fidelity)"])
    }

    let every = try time("every-gpu")

    // Four members have more turns as the most loaded GPU than GPUs do.
    for some in ["folded", "4"] { #expect(abs(try time(some) / every - 1) < 0.018, "\(some)") }
  }

  @Test("an inference step takes as long at reduced fidelity as with every GPU")
  func inference() throws {
    func time(_ fidelity: String) throws -> Double {
      try stepTime("inference-prefill-ep32", ["inference.fidelity=\(fidelity)"])
    }

    let every = try time("every-gpu")

    for some in ["folded", "3", "16"] { #expect(abs(try time(some) / every - 1) < 0.01, "\(some)") }
  }
}
