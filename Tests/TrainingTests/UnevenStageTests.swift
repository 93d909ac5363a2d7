// Schedules on real stages: partitions for ranks that hold several stages, and orders for real
// durations.

import Recording
import Schedules
import Testing
import Units

@testable import Training

@Suite("Uneven stages")
struct UnevenStageTests {
  private func metric(_ kind: MetricKind, _ result: SimulationResult) throws -> Double {
    try #require(result.metrics.first { $0.kind == kind }?.value)
  }

  @Test(
    "an order made for the real durations takes no longer than the hand-made one",
    arguments: [("zb1p_auto", "zb_h1"), ("zb2p_auto", "zb_h2"), ("zbv_auto", "zb_v")])
  func automatic(automatic: String, handMade: String) throws {
    for layers in [8, 11, 14] {
      let known = try SmallScenario(schedule: handMade, layers: layers).step()
      let found = try SmallScenario(
        schedule: automatic, layers: layers, partition: known.partition
      ).step()
      var timer = StageTimer(costs: known.costs)
      let transfer = StageLink(spec: known.spec, model: known.model, cluster: known.cluster)
        .longest(known.plan.placement)
      let ends = [found, known].map {
        timer.makespan(of: $0.plan, on: $0.stages, transfer: transfer)
      }
      #expect(ends[0] <= ends[1])
      #expect(found.plan.cells != known.plan.cells || ends[0] == ends[1])
    }
  }

  @Test("the simulated plan ends when the last cell of the step does", arguments: ["1f1b", "zb_v"])
  func prediction(schedule: String) throws {
    let step = try SmallScenario(schedule: schedule, layers: 11).step()
    var timer = StageTimer(costs: step.costs)
    let transfer = StageLink(spec: step.spec, model: step.model, cluster: step.cluster)
      .longest(step.plan.placement)

    let predicted = timer.makespan(of: step.plan, on: step.stages, transfer: transfer)

    // A transfer shares its port with the previous one; the simulated plan has no ports.
    let last = step.run(keepsTimeline: true).spans
      .filter { $0.stream == "cells" && $0.phase != .optimizer }.map(\.end).max()
    #expect(try predicted.seconds / #require(last).seconds > 0.99)
    #expect(try predicted <= #require(last) - SimTime.zero)
  }

  @Test("the ranks of a V get even sums if that makes the step faster", arguments: ["zb_v"])
  func vShape(schedule: String) throws {
    let step = try SmallScenario(schedule: schedule, layers: 20).step()
    let even = Partition(
      model: step.model, modules: 0, activations: step.spec.activations, overlaps: false,
      placement: step.plan.placement,
      costs: step.costs)
    let most = [Int](repeating: 20, count: 8)
    let byStage = try #require(even.layers(most: most))

    let before = try SmallScenario(schedule: schedule, layers: 20, partition: byStage).step().run()

    #expect(step.partition.reduce(0, +) == 20)
    #expect(step.run().stepTime <= before.stepTime)
    // The last stage also has the head: its rank takes fewer layers than the others.
    let ofRank0 = step.partition[0] + step.partition[7]
    #expect((1..<4).allSatisfy { step.partition[$0] + step.partition[7 - $0] >= ofRank0 })
  }

  @Test("half-size stages store half the activations, and their hops within a rank cost nothing")
  func halfStages() throws {
    let whole = try SmallScenario(schedule: "zb_h1", layers: 16, partition: [4, 4, 4, 4]).step()
    let half = try SmallScenario(
      schedule: "zb_v", layers: 16, partition: [2, 2, 2, 2, 2, 2, 2, 2]
    ).step()

    let total = [whole, half].map { $0.memory.activationBytes.reduce(0, +) }
    #expect(abs(total[0] / total[1] - 1) < 1e-12)
    func sends(_ step: TrainingStep) -> Int {
      step.program().labels.count { $0.kind == .send }
    }
    // Both directions: 3 hops between 4 stages; 7 hops between 8 stages, one of them within a rank.
    #expect(sends(whole) == 2 * 3 * 16)
    #expect(sends(half) == 2 * 6 * 16)
    let sent = try [whole, half].map { try metric(.pipelineSentBytes, $0.run()) }
    #expect(sent[1] == 2 * sent[0])
  }

  @Test("chunks partition the layers of a rank into the same number of stages", arguments: [2, 3])
  func chunks(count: Int) throws {
    var scenario = try SmallScenario(schedule: "interleaved", layers: 14)
    scenario.spec.chunks = count

    let step = try scenario.step()

    #expect(step.partition.count == 4 * count)
    #expect(step.plan.scheduleName == "interleaved_v\(count)")
    #expect(try metric(.weightCopies, step.run()) == 1)
  }

  @Test("the three bubbles of one step follow their definitions")
  func bubbles() throws {
    let result = try SmallScenario(schedule: "zb_h2").step().run()

    let idle = try metric(.bubbleTime, result)
    let optimizer = try metric(.optimizerTime, result)
    let step = result.stepTime.seconds
    #expect(try abs(metric(.bubbleOverIdeal, result) - idle / (step - idle - optimizer)) < 1e-12)
    // ZB-H2 only delays the start: the bubble of its span is smaller than that of its step.
    #expect(try metric(.spanBubbleRatio, result) < metric(.bubbleRatio, result))
  }
}
