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

  @Test(
    "a training step takes as long at reduced fidelity as with every GPU",
    arguments: ["folded", "4"])
  func training(fidelity: String) throws {
    let uneven = "training.routing={source: zipf, exponent: 0.5}"

    let some = try stepTime("slow-nic", [uneven, "training.fidelity=\(fidelity)"])
    let every = try stepTime("slow-nic", [uneven, "training.fidelity=every-gpu"])

    // Four members have more turns as the most loaded GPU than GPUs do.
    #expect(abs(some / every - 1) < 0.018)
  }

  @Test(
    "an inference step takes as long at reduced fidelity as with every GPU",
    arguments: ["folded", "3", "16"])
  func inference(fidelity: String) throws {
    let some = try stepTime("inference-prefill-ep32", ["inference.fidelity=\(fidelity)"])
    let every = try stepTime("inference-prefill-ep32", ["inference.fidelity=every-gpu"])

    #expect(abs(some / every - 1) < 0.01)
  }
}
