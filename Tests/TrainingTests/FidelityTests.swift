// Steps of every GPU compared with folded steps, degraded ports, and the traffic recorded as sent.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Training

@Suite("Fidelity")
struct FidelityTests {
  @Test(
    "with equal loads every GPU does what the folded one does, to the picosecond",
    arguments: ["1f1b", "zb_h1", "dualpipe"])
  func equalLoads(schedule: String) throws {
    var scenario = try SmallScenario(schedule: schedule, gpus: 64)
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    #expect(full.stepTime == folded.stepTime)
    #expect(folded.rankTimes.allSatisfy { $0.gpus == 16 })
    for row in folded.rankTimes {
      // Two equal groups of eight.
      for gpu in 0..<8 {
        let same = full.rankTimes.first {
          $0.rank == row.rank && $0.member == gpu && $0.phase == row.phase
            && $0.activity == row.activity
        }
        #expect(same?.time == row.time && same?.gpus == 2)
      }
    }
    #expect(full.metrics == folded.metrics)
  }

  @Test(
    "equal groups that are simulated once take the same times and send the same bytes as all",
    arguments: ["1f1b", "dualpipe"], [nil, LinkFault(port: .nic, index: 13, remaining: 0.25)])
  func equalGroups(schedule: String, fault: LinkFault?) throws {
    // Three groups of eight GPUs in each of four ranks; a fault is in the second group of rank 0.
    var scenario = try SmallScenario(schedule: schedule, gpus: 96)
    scenario.cluster.faults = fault.map { [$0] } ?? []
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    scenario.spec.fidelity = .everyGPU
    var step = try scenario.step()
    let once = step.run()
    step.mergesEqualGroups = false
    let all = step.run()

    #expect(all.rankTimes.allSatisfy { $0.gpus == 1 })
    #expect(Set(once.rankTimes.map(\.gpus)) == (fault == nil ? [3] : [1, 2]))
    #expect(once.stepTime == all.stepTime)
    #expect(gpusByTime(once) == gpusByTime(all))
    #expect(once.network.traffic.map(\.kind) == all.network.traffic.map(\.kind))
    for (a, b) in zip(once.network.traffic, all.network.traffic) {
      #expect(abs(a.bytesPerGPU.value / b.bytesPerGPU.value - 1) < 1e-12)
    }
    for (a, b) in zip(once.metrics, all.metrics) {
      #expect(a.kind == b.kind && abs(a.value - b.value) <= 1e-12 * abs(b.value))
    }
  }

  /// Number of GPUs with each rank time.
  private func gpusByTime(_ result: SimulationResult) -> [[String]: Int] {
    result.rankTimes.reduce(into: [:]) { counts, row in
      let key = ["\(row.rank)", row.phase.rawValue, row.activity.rawValue, "\(row.time)"]
      counts[key, default: 0] += row.gpus
    }
  }

  /// A random layout: groups of any size that divides the next.
  private func random(seed: Int) throws -> SmallScenario {
    var random = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func pick<T>(_ values: [T]) -> T {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return values[Int(random >> 33) % values.count]
    }
    let pipeline = pick([1, 2, 4])
    var scenario = try SmallScenario(
      schedule: pick(["1f1b", "zb_h1", "gpipe"]), pipeline: pipeline, microbatches: pick([4, 8]),
      layers: pick([5, 8]), gpus: 8 * pipeline * pick([1, 2]), expert: pick([1, 2, 8]))
    let tensor = pick([1, 2, 4])
    let context = pick([1, 2])
    scenario.spec.layout.data /= tensor * context
    scenario.spec.layout.sharding = LayerSharding(
      tensor: tensor, context: context, isSequenceParallel: tensor > 1, contextExchange: .ring)
    scenario.cluster.fabric = pick([.nonBlocking, .catalogue("single-plane")])
    return scenario
  }

  @Test(
    "even loads take the same time with one, some and every GPU, for random layouts",
    arguments: 1...20)
  func randomLayouts(seed: Int) throws {
    var scenario = try random(seed: seed)
    let folded = try scenario.step().run()
    for fidelity in [Fidelity.members(1), .members(5), .everyGPU] {
      scenario.spec.fidelity = fidelity
      let other = try scenario.step().run()
      #expect(other.stepTime == folded.stepTime, "seed \(seed), \(scenario.spec.layout)")
      #expect(other.value(.exposedCommunicationRatio) == folded.value(.exposedCommunicationRatio))
    }
  }

  @Test(
    "INV-13, INV-15: rows of each GPU sum to the step time, and weights to the GPU count",
    arguments: [Fidelity.folded, .members(2), .members(4), .everyGPU])
  func attributionIsComplete(fidelity: Fidelity) throws {
    var scenario = try SmallScenario(schedule: "dualpipe")
    scenario.spec.fidelity = fidelity
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
    #expect(result.rankTimes.contains { $0.activity == .expertImbalance })
    #expect(result.rankTimes.gpuCount == 32)
    #expect(result.network.isConserved)
  }

  @Test(
    "in groups of eight, eight members are as accurate as every GPU",
    arguments: ["1f1b", "dualpipe"])
  func eight(schedule: String) throws {
    var scenario = try SmallScenario(schedule: schedule)
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let folded = try scenario.step().run().stepTime.seconds
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run().stepTime.seconds

    #expect(abs(folded / full - 1) < 0.002)
  }
}

@Suite("Every GPU at a realistic size")
struct RealSizeTests {
  @Test("the time of uneven experts that take milliseconds is recorded for every GPU")
  func longExperts() throws {
    // The expert work of DeepSeek-V3's layers; smaller ones would hide an overflow of picoseconds.
    var scenario = try SmallScenario(schedule: "1f1b", microbatches: 4)
    scenario.model.experts?.intermediate = 2048
    scenario.spec.sequenceLength = 4096
    scenario.spec.fidelity = .everyGPU
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    #expect(result.attributedTimes.count == 32)
    #expect(result.attributedTimes.allSatisfy { $0 == result.stepTime })
  }
}

@Suite("Degraded ports")
struct FaultTests {
  @Test(
    "a degraded GPU slows the step equally folded and with every GPU; a dead NIC to 0.1 %",
    arguments: ["1f1b", "dualpipe"],
    [
      LinkFault(port: .nic, index: 29, remaining: 0.25),
      LinkFault(port: .nic, index: 29, remaining: 0),
      LinkFault(port: .gpu, index: 3, remaining: 0.1),
    ])
  func folded(schedule: String, fault: LinkFault) throws {
    // Two groups of eight GPUs in each of four ranks.
    var scenario = try SmallScenario(schedule: schedule, gpus: 64, expert: 16)
    let healthy = try scenario.step().run()
    scenario.cluster.faults = [fault]
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    #expect(folded.stepTime > healthy.stepTime)
    // Only one of the neighbours that forward a dead NIC's traffic is simulated.
    let difference = abs((folded.stepTime - full.stepTime).seconds)
    #expect(difference <= (fault.isDead ? 1e-3 * full.stepTime.seconds : 0))
    #expect(folded.rankTimes.gpuCount == 64)
    for result in [folded, full] { #expect(result.network.isConserved) }
    for row in folded.network.traffic {
      let same = full.network.traffic.first { $0.kind == row.kind && $0.link == row.link }
      #expect(abs(row.bytesPerGPU.value / (same?.bytesPerGPU.value ?? 0) - 1) < 1e-9)
    }
  }

  @Test("one slow NIC slows a step, and only its remaining bandwidth is recorded as capacity")
  func slowNIC() throws {
    // 64 GPUs, four ranks of two nodes each, with experts over both nodes.
    var scenario = try SmallScenario(schedule: "dualpipe", gpus: 64, expert: 16)
    scenario.spec.fidelity = .everyGPU
    let healthy = try scenario.step().run()
    // Node 3 holds GPUs 24 to 31, the second half of rank 1; its NIC 5 is GPU 29.
    scenario.cluster.faults = [LinkFault(port: .nic, index: 29, remaining: 0.25)]
    let degraded = try scenario.step().run()

    #expect(degraded.stepTime > healthy.stepTime)
    let slow = LinkOwner.gpu(rank: 1, member: 13, gpus: 1)
    for use in degraded.network.links where use.link == .nicOut {
      #expect(use.capacity.value == (use.owner == slow ? 12.5e9 : 50e9))
    }
  }

  @Test(
    "a port is named by its node and position",
    arguments: [
      ("node0.nic0", 0), ("node3.nic5", 29), ("node7.gpu7", 63), ("node8.nic0", nil),
      ("node3.nic8", nil), ("node3", nil), ("node3.nic", nil), ("rack3.nic5", nil),
      ("node3.nic5.out", nil), ("node-1.nic0", nil), ("node99999999999.nic0", nil),
    ])
  func names(name: String, index: Int?) throws {
    let cluster = try SmallScenario(schedule: "1f1b", gpus: 64).cluster
    #expect(LinkFault.named(name, in: cluster)?.index == index)
  }
}

@Suite("Network use")
struct NetworkUseTests {
  @Test("INV-3, INV-4: sent bytes are recorded once, and no port exceeds its capacity")
  func conserved() throws {
    let result = try SmallScenario(schedule: "dualpipe").step().run()
    let use = result.network

    for link in LinkClass.allCases {
      let booked = use.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
      let carried = use.links.filter { $0.link == link }
        .reduce(0) { $0 + $1.bytes.value * Double($1.gpus) }
      #expect(abs(booked * 32 - carried) <= 1e-9 * carried)
    }
    for port in use.links {
      #expect(port.bytes.value <= port.capacity.value * result.stepTime.seconds)
    }
    #expect(use.loads.allSatisfy { (0...1).contains($0.utilisation) })
    #expect(use.loads.contains { $0.utilisation > 0 })
  }

  @Test("hidden states cross every boundary between stages once per microbatch and direction")
  func pipelineBytes() throws {
    let use = try SmallScenario(schedule: "1f1b").step().run().network

    let sent = use.traffic.filter { $0.kind == .pipeline && $0.link == .nicOut }
    // Sixteen microbatches of 1,024 tokens x 7,168 numbers of 2 bytes, three boundaries, both
    // directions, over four ranks.
    let hop = 1024.0 * 7168 * 2
    #expect(sent.map(\.bytesPerGPU.value) == [hop * 16 * 3 * 2 / 4])
  }
}
