// Steps whose exchanges wait for GPUs that are slower by chance.

import Execution
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Training

@Suite("Jitter in a training step")
struct JitterTests {
  private func run(
    _ jitter: Jitter, schedule: String = "1f1b", _ change: (inout SmallScenario) -> Void = { _ in }
  ) throws -> SimulationResult {
    var scenario = try SmallScenario(schedule: schedule, partition: [2, 2, 2, 2], gpus: 64)
    scenario.spec.jitter = jitter
    change(&scenario)
    return try scenario.step().run()
  }

  private func seconds(_ result: SimulationResult, _ activity: Activity) -> Double {
    result.rankTimes.filter { $0.activity == activity }.reduce(0) {
      $0 + $1.time.seconds * Double($1.gpus)
    } / 64
  }

  @Test("GPUs without spread take the step that they take without jitter, event by event")
  func none() throws {
    // Experts of their own loads leave nothing else that differs.
    let zero = Jitter(gpus: 0, kernels: 0, collectives: 0, experts: 0.04)

    for schedule in ["1f1b", "dualpipe"] {
      func run(_ jitter: Jitter) throws -> SimulationResult {
        try self.run(jitter, schedule: schedule) {
          $0.spec.stages = nil
          $0.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
        }
      }
      let (with, without) = (try run(zero), try run(.none))
      #expect(with.fingerprint == without.fingerprint)
      #expect(seconds(with, .jitter) == 0)
    }
  }

  @Test(
    "INV-13: with jitter, the rows of each GPU sum to the step time",
    arguments: ["1f1b", "zb_h1", "dualpipe", "interleaved"])
  func sums(schedule: String) throws {
    let result = try run(.usual, schedule: schedule) { $0.spec.stages = nil }

    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
    #expect(seconds(result, .jitter) > 0)
    #expect(seconds(result, .jitter) < 0.1 * result.stepTime.seconds)
  }

  @Test(
    "every GPU waits as long as the folded one, to the picosecond",
    arguments: ["1f1b", "dualpipe"])
  func everyGPU(schedule: String) throws {
    let folded = try run(.usual, schedule: schedule) { $0.spec.stages = nil }
    let full = try run(.usual, schedule: schedule) {
      $0.spec.stages = nil
      $0.spec.fidelity = .everyGPU
    }

    #expect(full.stepTime == folded.stepTime)
    #expect(full.metrics == folded.metrics)
  }

  @Test("tensor and context groups wait too, and rows still sum to the step time")
  func groups() throws {
    let result = try run(.usual) {
      $0.spec.layout = ParallelLayout(
        pipeline: 4, expert: 4, data: 4,
        sharding: LayerSharding(tensor: 2, context: 2, isSequenceParallel: true))
    }

    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
    #expect(seconds(result, .jitter) > 0)
  }

  @Test("a step grows with each spread")
  func monotone() throws {
    let few = Jitter(gpus: 0.01, kernels: 0.005, collectives: 0.02, experts: 0.02)
    let base = try run(few).stepTime

    #expect(try run(.none).stepTime < base)
    for change in [\Jitter.gpus, \Jitter.kernels, \Jitter.experts] {
      var more = few
      more[keyPath: change] *= 3
      #expect(try run(more).stepTime > base)
    }
  }

  @Test("without overlap, lasting spread costs as much as the slowest of all GPUs is slower")
  func lasting() throws {
    // One GPU a rank, no exchange of experts: neighbours wait at cells, all at the end.
    func change(_ scenario: inout SmallScenario) {
      scenario.model.experts = nil
      scenario.spec.layout = ParallelLayout(pipeline: 1, expert: 1, data: 64)
      scenario.spec.stages = nil
      scenario.spec.communicationSMs = 0
    }
    let jitter = Jitter(gpus: 0.02, kernels: 0, collectives: 0, experts: 0)
    let result = try run(jitter, change)
    let computed = seconds(try run(.none, change), .compute)

    // Some kernels are bound by memory, and the update is not waited for.
    let full = 2.3437 * 0.02 * computed
    #expect(seconds(result, .jitter) < full)
    #expect(seconds(result, .jitter) > Jitter.assumedMemorySpreadShare * full)
  }
}
