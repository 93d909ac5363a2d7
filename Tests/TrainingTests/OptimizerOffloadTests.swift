// States of the optimizer in host memory: bytes, times and order of their movements.

import Cluster
import ModelCost
import Recording
import Testing
import Units

@testable import Training

@Suite("Optimizer states in host memory")
struct OptimizerOffloadTests {
  private func offload(
    _ updater: OptimizerOffload.Updater = .host, share: Double = 1, overlaps: Bool = false
  ) -> OptimizerOffload {
    OptimizerOffload(
      share: share, updater: updater, overlaps: overlaps, link: BytesPerSecond(64e9),
      hostMemory: BytesPerSecond(50e9))
  }

  private func run(
    _ offload: OptimizerOffload?, fidelity: TrainingSpec? = nil
  ) throws -> (step: TrainingStep, result: SimulationResult) {
    var scenario = try SmallScenario(
      schedule: "1f1b", microbatches: 8, partition: [2, 2, 2, 2])
    scenario.spec.offload = offload
    let step = try scenario.step()
    return (step, step.run())
  }

  @Test("a share of the optimizer leaves the GPU and is held by the host", arguments: [0.25, 1])
  func memory(share: Double) throws {
    let without = try run(nil).step.memory.ranks
    let with = try run(offload(share: share)).step.memory.ranks

    for (a, b) in zip(without, with) {
      #expect(b.onHost == a.optimizer * share)
      #expect(b.total == a.total - b.onHost)
    }
  }

  @Test("in series, gradients go down, the host updates, weights come up: times by hand")
  func series() throws {
    let (step, _) = try run(offload())
    let precision = step.spec.precision
    let chunks = offload().chunks(parameters: 1e9, precision)

    // FP32 gradients; FP32 master and two BF16 moments, read and written; BF16 weights.
    #expect(chunks.count == 1)
    #expect(chunks[0].down == SimDuration(seconds: 4e9 / 64e9))
    #expect(chunks[0].update == SimDuration(seconds: (4 + 2 * 8 + 2) * 1e9 / 50e9))
    #expect(chunks[0].up == SimDuration(seconds: 2e9 / 64e9))
  }

  @Test("chunks that overlap take the time of the slowest stage, and the ends of the others")
  func overlap() throws {
    func exposed(_ overlaps: Bool) throws -> SimDuration {
      try run(offload(overlaps: overlaps)).result.rankTimes.filter {
        $0.rank == 0 && $0.activity == .offload
      }.reduce(.zero) { $0 + $1.time }
    }
    let (step, _) = try run(offload())
    let parameters = step.memory.ranks[0].parameters.shard
    let whole = offload().chunks(parameters: parameters, step.spec.precision)[0]
    let chunk = offload(overlaps: true).chunks(parameters: parameters, step.spec.precision)[0]
    let update = try #require(
      try run(nil).result.rankTimes.first {
        $0.rank == 0 && $0.phase == .optimizer && $0.activity == .compute
      }?.time)

    // The GPU's update of nothing takes no time.
    #expect(update > .zero)
    #expect(try exposed(false) == whole.down + whole.update + whole.up)
    #expect(
      try exposed(true)
        == chunk.down + chunk.update * OptimizerOffload.assumedOffloadChunks + chunk.up)
  }

  @Test("states that the GPU updates leave beside the forward and are waited for once")
  func returning() throws {
    let (step, result) = try run(offload(.gpu))
    let plain = try run(nil).result
    let parameters = step.memory.ranks[0].parameters.shard
    let up = SimDuration(seconds: parameters * 8 / 64e9)

    let exposed = result.rankTimes.filter { $0.rank == 0 && $0.activity == .offload }
    #expect(exposed.map(\.time) == [up])
    #expect(result.stepTime > plain.stepTime)
    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
  }
}
