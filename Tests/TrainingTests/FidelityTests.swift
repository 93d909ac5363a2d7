// Every GPU of a step beside the folded one, degraded ports, and what is booked as sent.

import Cluster
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
    for row in folded.rankTimes {
      for gpu in row.rank * 16..<(row.rank + 1) * 16 {
        let same = full.rankTimes.first {
          $0.rank == gpu && $0.phase == row.phase && $0.activity == row.activity
        }
        #expect(same?.time == row.time)
      }
    }
  }

  @Test("INV-13: with every GPU and uneven experts the rows of each GPU sum to the step time")
  func attributionIsComplete() throws {
    var scenario = try SmallScenario(schedule: "dualpipe")
    scenario.spec.fidelity = .everyGPU
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    for gpu in 0..<32 { #expect(result.attributedTime(of: gpu) == result.stepTime) }
    #expect(result.rankTimes.contains { $0.activity == .expertImbalance })
  }
}

@Suite("Every GPU of a real size")
struct RealSizeTests {
  @Test("experts of several milliseconds, uneven, are booked on every GPU")
  func longExperts() throws {
    // The expert work of DeepSeek-V3's layers; smaller ones hide an overflow of picoseconds.
    var scenario = try SmallScenario(schedule: "1f1b", microbatches: 4)
    scenario.model.experts?.intermediate = 2048
    scenario.spec.sequenceLength = 4096
    scenario.spec.fidelity = .everyGPU
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    for gpu in 0..<32 { #expect(result.attributedTime(of: gpu) == result.stepTime) }
  }
}

@Suite("Degraded ports")
struct FaultTests {
  @Test("one slow NIC slows a step, and only what is left of it is booked as its capacity")
  func slowNIC() throws {
    // 64 GPUs, four ranks of two nodes each; experts over both nodes.
    var scenario = try SmallScenario(schedule: "dualpipe", gpus: 64, expert: 16)
    scenario.spec.fidelity = .everyGPU
    let healthy = try scenario.step().run()
    // Node 3 holds GPUs 24 to 31, the second half of rank 1; its NIC 5 is GPU 29.
    scenario.cluster.faults = [LinkFault(port: .nic, gpu: 29, remaining: 0.25)]
    let degraded = try scenario.step().run()

    #expect(degraded.stepTime > healthy.stepTime)
    for use in degraded.network.links where use.link == .nicOut {
      #expect(use.capacity.value == (use.rank == 29 ? 12.5e9 : 50e9))
    }
  }

  @Test(
    "a port is named by node and place",
    arguments: [
      ("node0.nic0", 0), ("node3.nic5", 29), ("node7.gpu7", 63), ("node8.nic0", nil),
      ("node3.nic8", nil), ("node3", nil), ("node3.nic", nil), ("rack3.nic5", nil),
      ("node3.nic5.out", nil), ("node-1.nic0", nil), ("node99999999999.nic0", nil),
    ])
  func names(name: String, gpu: Int?) throws {
    let cluster = try SmallScenario(schedule: "1f1b", gpus: 64).cluster
    #expect(LinkFault.named(name, in: cluster)?.gpu == gpu)
  }
}

@Suite("Network use")
struct NetworkUseTests {
  @Test("INV-3, INV-4: what is sent is booked once, and no port carries more than it can")
  func conserved() throws {
    let result = try SmallScenario(schedule: "dualpipe").step().run()
    let use = result.network

    for link in PortClass.allCases {
      let booked = use.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
      let carried = use.links.filter { $0.link == link }.reduce(0) { $0 + $1.bytes.value }
      #expect(abs(booked * 4 - carried) <= 1e-9 * carried)
    }
    for port in use.links {
      #expect(port.bytes.value <= port.capacity.value * result.stepTime.seconds)
    }
    #expect(use.loads.allSatisfy { (0...1).contains($0.utilisation) })
    #expect(use.loads.contains { $0.utilisation > 0 })
  }

  @Test("hidden states cross every boundary between stages once for each microbatch and direction")
  func pipelineBytes() throws {
    let use = try SmallScenario(schedule: "1f1b").step().run().network

    let sent = use.traffic.filter { $0.kind == .pipeline && $0.link == .nicOut }
    // Sixteen microbatches of 1,024 tokens x 7,168 numbers of 2 bytes, three boundaries, both ways,
    // over four ranks.
    let hop = 1024.0 * 7168 * 2
    #expect(sent.map(\.bytesPerGPU.value) == [hop * 16 * 3 * 2 / 4])
  }
}
