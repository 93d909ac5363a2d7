// Steps whose kernels and exchanges share memory bandwidth.

import Cluster
import Execution
import ModelCost
import Recording
import Testing
import Units

@testable import Training

@Suite("Memory bandwidth in a training step")
struct StepMemorySharingTests {
  /// A random small step with fixed stages: automatic ones would follow the bandwidth.
  private func scenario(seed: Int) throws -> SmallScenario {
    var random = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func pick<T>(_ values: [T]) -> T {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return values[Int(random >> 33) % values.count]
    }
    var scenario = try SmallScenario(
      schedule: pick(["1f1b", "zb_h1", "gpipe", "dualpipe"]), microbatches: pick([8, 16]),
      layers: 8, partition: pick([[2, 2, 2, 2], [3, 2, 2, 1]]), gpus: pick([32, 64]))
    scenario.spec.layout.expert = pick([4, 8])
    scenario.spec.communicationSMs = pick([8, 20, 40])
    scenario.spec.sequenceLength = pick([1024, 4096])
    return scenario
  }

  private func with(_ bandwidth: Double, _ scenario: SmallScenario) -> SmallScenario {
    var scenario = scenario
    scenario.cluster.node.gpu.memoryBandwidth = BytesPerSecond(bandwidth)
    return scenario
  }

  @Test("more memory bandwidth never makes a step longer", arguments: 1...3)
  func monotone(seed: Int) throws {
    let scenario = try scenario(seed: seed)
    var last = Double.infinity
    for bandwidth in [0.8e12, 1.6e12, 3.35e12, 1e18] {
      let seconds = try with(bandwidth, scenario).step().run().stepTime.seconds
      #expect(seconds <= last, "seed \(seed), \(bandwidth)")
      last = seconds
    }
  }

  @Test("with unlimited memory bandwidth, computation beside an exchange only lacks its SMs")
  func unlimited() throws {
    let program = try with(1e30, scenario(seed: 1)).program()
    let times = program.operations.compactMap(\.computeTime)

    #expect(times.contains { $0.alone < $0.onFewerSMs })
    #expect(times.allSatisfy { $0.onFewerSMs == $0.besideCommunication && $0.exchangePace == 1 })
  }

  @Test("with little memory bandwidth, exchanges beside computation take longer than alone")
  func slow() throws {
    let scenario = try with(1e12, SmallScenario(schedule: "dualpipe"))
    let step = try scenario.step()
    let program = step.program()
    let transfers = step.transfers(step.choice(isUneven: false).representatives)
    let times = StreamMachine(
      program.streams, transfers: PlacedTransfers(program.streams, on: transfers.network),
      shares: ExpertVariants.shares(step.costs, nil, transfers)
    ).run()

    let dispatches = program.labels.indices.filter { program.labels[$0].kind == .dispatch }
      .map { times.duration(OperationID($0)) }
    let alone = try #require(step.costs[.moe].exchange).dispatch
    let least = try #require(dispatches.min())
    let most = try #require(dispatches.max())
    #expect(least >= alone)
    #expect(most.seconds > 1.1 * alone.seconds)
    let paced = program.operations.compactMap(\.computeTime).filter { $0.exchangePace < 1 }
    #expect(!paced.isEmpty)
    #expect(paced.allSatisfy { $0.exchangePace > 0 && $0.onFewerSMs <= $0.besideCommunication })
  }
}
