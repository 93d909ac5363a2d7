// Collectives of tensor groups in pieces beside products.

import Cluster
import Execution
import ModelCost
import Recording
import Testing
import Units

@testable import Training

@Suite("Collectives of tensor groups beside products")
struct PipelinedPartTests {
  private func scenario(
    _ overlap: TensorOverlap, model: String = "llama-3-8b", tensor: Int = 4,
    schedule: String = "1f1b"
  ) throws -> SmallScenario {
    var scenario = try SmallScenario(schedule: schedule, pipeline: 2, microbatches: 4, gpus: 16)
    scenario.model = try #require(ModelSpec.catalogue.first { $0.name == model })
    scenario.model.layers = 4
    scenario.spec.sequenceLength = 4096
    scenario.spec.precision = .bf16
    scenario.spec.activations = ActivationPolicy(recompute: [], cached: .bf16)
    scenario.spec.communicationSMs = 0
    scenario.spec.layout = ParallelLayout(
      pipeline: 2, expert: 1, data: 8 / tensor,
      sharding: LayerSharding(tensor: tensor, isSequenceParallel: tensor > 1, overlap: overlap))
    return scenario
  }

  private func sent(_ result: SimulationResult) -> Double {
    result.network.traffic.filter { $0.kind == .tensor && $0.link == .scaleUpOut }
      .reduce(0) { $0 + $1.bytesPerGPU.value }
  }

  @Test("pieces send what whole collectives send, and the step is shorter", arguments: [2, 4, 8])
  func bytes(tensor: Int) throws {
    let whole = try scenario(.absent, tensor: tensor).step().run()
    let pieces = try scenario(.pipelined, tensor: tensor).step().run()

    #expect(sent(whole) > 0)
    #expect(abs(sent(pieces) / sent(whole) - 1) < 1e-12)
    #expect(pieces.stepTime < whole.stepTime)
  }

  @Test(
    "INV-13: time is attributed whole, and folded equals every GPU",
    arguments: ["1f1b", "zb_h1", "dualpipe"], ["llama-3-8b", "qwen2.5-72b"])
  func attribution(schedule: String, model: String) throws {
    var scenario = try scenario(.pipelined, model: model, schedule: schedule)
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let whole = try scenario.step().run()

    #expect(folded.attributedTimes.allSatisfy { $0 == folded.stepTime })
    #expect(whole.attributedTimes.allSatisfy { $0 == whole.stepTime })
    #expect(folded.stepTime == whole.stepTime)
  }

  @Test("a tensor group of one has no pieces: the same step to the picosecond")
  func alone() throws {
    let whole = try scenario(.absent, tensor: 1).step().run()
    let pieces = try scenario(.pipelined, tensor: 1).step().run()

    #expect(pieces.stepTime == whole.stepTime)
    #expect(pieces.fingerprint == whole.fingerprint)
  }

  @Test("less than three fifths of the collectives stay exposed, and the last sums always do")
  func exposed() throws {
    func exposed(_ overlap: TensorOverlap) throws -> SimDuration {
      try self.scenario(overlap).step().run().rankTimes.filter { $0.activity == .exposedTensor }
        .reduce(.zero) { $0 + $1.time }
    }
    let scenario = try self.scenario(.pipelined)
    let bytes = Double(4096 * scenario.model.hidden * 2)
    let sum = GroupExchange(
      LayerCollective(
        operation: .reduceScatter, bytes: bytes / Double(PipelinedPart.columnPieces)),
      scenario.spec.layout.sharding
    ).duration(on: scenario.cluster.node)
    let (whole, pieces) = (try exposed(.absent), try exposed(.pipelined))

    // Two sums in each of four layers and microbatches.
    #expect(pieces >= sum * (2 * 4 * 4))
    #expect(pieces * 5 < whole * 3)
  }
}
