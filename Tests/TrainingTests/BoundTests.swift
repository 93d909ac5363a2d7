// Lower bounds of steps: the published vectors, and random steps that are never faster.

import Cluster
import Foundation
import ModelCost
import Schedules
import Testing
import Units

@testable import Training

@Suite("Lower bounds of a step")
struct BoundTests {
  /// A case of pipeline_bound.json: made by a program of its own.
  private struct Vector: Decodable {
    struct Inputs: Decodable {
      var schedule: String
      var stages: Int
      var microbatches: Int
      var forward: [Double]
      var backward_input: [Double]
      var backward_weight: [Double]
      var p2p: Double
    }
    struct Expected: Decodable { var lower_bound: Double }
    var inputs: Inputs
    var expected: Expected
  }

  private struct File: Decodable { var vectors: [Vector] }

  private static func vectors() throws -> [Vector] {
    let url = try #require(
      Bundle.module.url(
        forResource: "pipeline_bound", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).vectors
  }

  private func times(_ inputs: Vector.Inputs) -> [PassTimes] {
    (0..<inputs.stages).map {
      PassTimes(
        forward: inputs.forward[$0], input: inputs.backward_input[$0],
        weight: inputs.backward_weight[$0])
    }
  }

  @Test("of a pipeline equals every vector")
  func vectors() throws {
    let vectors = try Self.vectors()
    #expect(vectors.count == 24)
    for vector in vectors {
      let inputs = vector.inputs
      let bound = PipelineBound(
        microbatches: inputs.microbatches, transfer: inputs.p2p,
        splitsBackward: inputs.schedule == "zbh1")

      let seconds = bound.seconds(stages: times(inputs))

      #expect(abs(seconds / vector.expected.lower_bound - 1) < 1e-12)
    }
  }

  @Test("over all partitions is the least of the bounds of every single partition")
  func partitions() {
    var random = RandomStream(seed: 7, purpose: RandomPurpose("test.bounds"))
    for turn in 0..<60 {
      let layers = (0..<7).map { _ in
        PassTimes(forward: random.uniform(), input: random.uniform(), weight: random.uniform())
      }
      let first = PassTimes(forward: random.uniform())
      let last = PassTimes(forward: random.uniform(), input: random.uniform())
      let bound = PipelineBound(
        microbatches: 1 + turn % 9, transfer: turn % 3 == 0 ? 0 : 0.1,
        splitsBackward: turn % 2 == 0)
      var least = Double.infinity
      for a in 0...7 {
        for b in a...7 {
          var stages = [layers[..<a], layers[a..<b], layers[b...]].map {
            $0.reduce(PassTimes(), +)
          }
          stages[0] = stages[0] + first
          stages[2] = stages[2] + last
          least = min(least, bound.seconds(stages: stages))
        }
      }

      let seconds = bound.seconds(layers: layers, first: first, last: last, ranks: 3)

      #expect(seconds <= least * (1 + 1e-12) && seconds > least * 0.999, "turn \(turn)")
    }
  }

  /// Random steps are never faster than their bounds, nor need less memory. BOUND_SCENARIOS sets
  /// their number; `make soak` runs 2,000.
  @Test("INV-18: is never above the simulated time, nor above the memory that is needed")
  func random() throws {
    let count =
      ProcessInfo.processInfo.environment["BOUND_SCENARIOS"].flatMap { Int($0) } ?? 200
    var checked = 0
    for seed in 0..<count {
      let scenario = try LayoutPropertyTests().scenario(
        seed,
        schedules: [
          "1f1b", "interleaved", "zb_h1", "dualpipe", "gpipe", "zb_v", "v_half", "dualpipe",
        ])
      guard let step = try? scenario.step() else { continue }
      let bound = try StepBound(
        scenario.spec, model: scenario.model, cluster: scenario.cluster, costs: step.costs)

      let inOrder = try bound.inOrder(
        scenario.spec, model: scenario.model, cluster: scenario.cluster, costs: step.costs)

      let time = step.run().stepTime.seconds

      #expect(inOrder.seconds <= time, "seed \(seed): \(inOrder.name) \(inOrder.seconds / time)")
      #expect(bound.seconds <= inOrder.seconds)
      #expect(bound.seconds <= time, "seed \(seed): \(bound.name) \(bound.seconds / time)")
      #expect(bound.memory <= step.memory.peak, "seed \(seed)")
      checked += 1
    }
    #expect(checked > count / 2)
  }
}
