import Cluster
import KernelTimes
import Recording
import Testing
import Units

@testable import Experiments
@testable import ModelCost

@Suite("Spread of a step from those of its kernels")
struct StepSpreadTests {
  private func row(_ gpus: Int, _ activity: Activity, seconds: Double) -> RankTime {
    RankTime(
      rank: 0, member: 0, gpus: gpus, phase: .forwardAlone, activity: activity,
      time: SimDuration(seconds: seconds))
  }

  @Test("shares of the time are means over GPUs")
  func weights() throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    // One GPU of 8 computes all the time, which the others wait for in half of theirs.
    let result = SimulationResult(
      stepTime: SimDuration(seconds: 2), metrics: [],
      rankTimes: [
        row(1, .compute, seconds: 2), row(7, .compute, seconds: 1),
        row(7, .exposedDispatch, seconds: 1),
      ])
    let kernel = KernelSpread(
      shapeName: "a", seriesName: "b", shapeDeviation: 0.1, seriesDeviation: 0, tail: .borrowed,
      support: .measured)
    let spread = StepSpread([(kernel, 1)], of: result, on: gpu)

    #expect(abs(spread.exchangeShare - 7.0 / 16) < 1e-12)
    #expect(abs(spread.parts[0].share - 9.0 / 16) < 1e-12)
  }
}
