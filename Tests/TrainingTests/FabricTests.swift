// Steps on networks with switches and with dead NICs.

import Cluster
import Execution
import Recording
import Testing
import Units

@testable import Training

@Suite("Steps on a fabric")
struct FabricStepTests {
  /// Two ranks of 64 GPUs, two leaf switches of a single plane each, with experts over the whole
  /// rank.
  static func wide(_ fabric: String, _ fidelity: Fidelity = .folded) throws -> SmallScenario {
    var scenario = try SmallScenario(
      schedule: "1f1b", pipeline: 2, microbatches: 2, layers: 4, gpus: 128, expert: 64)
    scenario.cluster.fabric = .catalogue(fabric)
    scenario.spec.fidelity = fidelity
    return scenario
  }

  @Test(
    "if the GPUs under a leaf belong to one rank, every GPU does what the folded one does",
    arguments: ["single-plane", "single-plane-2to1"])
  func folded(fabric: String) throws {
    var scenario = try Self.wide(fabric)
    // NICs so slow that uplinks are the limit: four of seven peers are behind the other leaf.
    scenario.cluster.node.nicPerDirection = BytesPerSecond(25e9)
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    // Sums of many flows round differently: at most a picosecond each time rates are resolved,
    // about 100 times.
    let difference = (full.stepTime - folded.stepTime).picoseconds.magnitude
    #expect(difference <= 100, "\(folded.stepTime) and \(full.stepTime)")
    for link in [LinkClass.leafUp, .leafDown] {
      let mean = { (use: NetworkUse) in
        use.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
      }
      #expect(abs(mean(folded.network) / mean(full.network) - 1) < 1e-9)
    }
  }

  @Test(
    "GPUs that share NICs, or have several, share uplinks as their NICs do, as on listed links",
    arguments: [4, 16])
  func nicCounts(nics: Int) throws {
    // Leaves of 32 NICs with 16 uplinks, for which hidden states and gradients wait.
    var scenario = try Self.wide("single-plane-2to1")
    let nic = BytesPerSecond(25e9 * 4 / Double(nics))
    scenario.cluster.node.nicsPerNode = nics
    scenario.cluster.node.nicPerDirection = nic
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()
    // Under one leaf a message takes 2.8 us, 0.9 us less than between leaves.
    let (near, layer) = (
      SimDuration(picoseconds: 1_400_000), SimDuration(picoseconds: 450_000)
    )
    let node = scenario.cluster.node
    let ports = (0..<scenario.cluster.nicPortCount).map { port in
      ListedLink(
        from: ListedFabric.nicName(port, in: node), to: "leaf\(port * node.nicsPerPort / 32)",
        capacity: nic * Double(node.nicsPerPort), latency: near)
    }
    let uplinks = (0..<nics / 2).map {
      ListedLink(from: "leaf\($0)", to: "spine", capacity: nic * 16, latency: layer)
    }
    scenario.cluster.fabric = .listed(
      name: "leaves", links: (ports + uplinks).flatMap { [$0, $0.reversed] })
    let listed = try scenario.step().run()
    scenario.cluster.fabric = .nonBlocking
    let unlimited = try scenario.step().run()

    #expect(folded.stepTime > unlimited.stepTime)
    // Each time that rates are resolved, sums of many flows round by at most a picosecond.
    for other in [full, listed] {
      #expect((other.stepTime - folded.stepTime).picoseconds.magnitude <= 100)
    }
  }

  @Test("half the uplinks cost time if they are the limit")
  func oversubscribed() throws {
    var whole = try Self.wide("single-plane")
    var half = try Self.wide("single-plane-2to1")
    whole.cluster.node.nicPerDirection = BytesPerSecond(25e9)
    half.cluster.node.nicPerDirection = BytesPerSecond(25e9)

    #expect(try half.step().run().stepTime > whole.step().run().stepTime)
  }

  @Test("three of seven peers are under the same leaf: four sevenths of a dispatch cross uplinks")
  func crossingShare() throws {
    let use = try Self.wide("single-plane").step().run().network

    let bytes = { (link: LinkClass) in
      use.traffic.first { $0.kind == .dispatch && $0.link == link }?.bytesPerGPU.value ?? 0
    }
    #expect(bytes(.nicOut) > 0)
    #expect(abs(bytes(.leafUp) / bytes(.nicOut) - 4.0 / 7) < 1e-9)
    #expect(abs(bytes(.leafDown) / bytes(.nicIn) - 4.0 / 7) < 1e-9)
    // Each rank is under two leaves of its own, so all hidden states cross.
    let hop = { (link: LinkClass) in
      use.traffic.first { $0.kind == .pipeline && $0.link == link }?.bytesPerGPU.value ?? 0
    }
    #expect(hop(.leafUp) > 0 && abs(hop(.leafUp) / hop(.nicOut) - 1) < 1e-9)
  }

  @Test("INV-4: no switch link exceeds its capacity", arguments: [Fidelity.folded, .everyGPU])
  func capacities(fidelity: Fidelity) throws {
    var scenario = try Self.wide("single-plane-2to1", fidelity)
    scenario.cluster.node.nicPerDirection = BytesPerSecond(25e9)
    let result = try scenario.step().run()
    let switches = result.network.links.filter { !$0.link.isPort }

    // One share of uplinks and one of downlinks for each of two ranks, or both for each of four
    // leaves.
    #expect(switches.count == (fidelity == .folded ? 4 : 8))
    for link in switches {
      #expect(link.bytes.value <= link.capacity.value * result.stepTime.seconds)
    }
    #expect(result.assumptions.contains { $0.contains("topology single-plane-2to1") })
  }

  @Test("a leaf switch that lost cables slows the step, and its capacity is what remains")
  func degradedLeaf() throws {
    var scenario = try Self.wide("single-plane", .everyGPU)
    let healthy = try scenario.step().run()
    // Links 0 and 1 are the two directions of leaf 0.
    scenario.cluster.switchFaults = [0, 1].map { SwitchFault(link: $0, remaining: 0.25) }
    let degraded = try scenario.step().run()

    #expect(degraded.stepTime > healthy.stepTime)
    for use in degraded.network.links where use.link == .leafUp {
      // 32 uplinks of 50 GB/s.
      let isFirst = if case .network(0, _) = use.owner { true } else { false }
      #expect(use.capacity.value == (isFirst ? 400e9 : 1600e9))
    }
  }

  @Test("flows bound to cables by hash collide: the cost is the time above adaptive paths")
  func collisions() throws {
    var scenario = try Self.wide("single-plane", .everyGPU)
    scenario.cluster.node.nicPerDirection = BytesPerSecond(25e9)
    let adaptive = try scenario.step().run()
    (scenario.cluster.paths, scenario.cluster.pathSeed) = (.ecmp, 1)
    let hashed = try scenario.step().run()

    #expect(hashed.stepTime > adaptive.stepTime)
    let cost = try #require(hashed.value(.pathCollisionCost))
    #expect(abs(cost - (hashed.stepTime - adaptive.stepTime).seconds) < 1e-12)
    #expect(adaptive.value(.pathCollisionCost) == nil)
    #expect(hashed.assumptions.contains { $0.contains("single-plane, ecmp") })
    // Cables are named one by one.
    #expect(hashed.network.links.contains { $0.owner == .network(number: 0, name: "leaf0.up.0") })
  }

  @Test("a list that joins all NICs at their rate and latency equals the non-blocking network")
  func listed() throws {
    var scenario = try SmallScenario(schedule: "dualpipe", gpus: 64, expert: 16)
    scenario.spec.fidelity = .everyGPU
    let plain = try scenario.step().run()
    let links = (0..<64).flatMap { gpu -> [ListedLink] in
      let link = ListedLink(
        from: ListedFabric.nicName(gpu, in: scenario.cluster.node), to: "hub",
        capacity: scenario.cluster.node.nicPerDirection,
        latency: SimDuration(picoseconds: 1_850_000))
      return [link, link.reversed]
    }
    scenario.cluster.fabric = .listed(name: "star", links: links)
    let listed = try scenario.step().run()

    #expect(listed.stepTime == plain.stepTime)
    let used = listed.network.links.filter { $0.link == .listed }
    #expect(used.count == 128)
    #expect(used.first?.owner == .network(number: 0, name: "node0.nic0-hub"))
  }

  @Test("if planes meet only in nodes, hidden states for another rail take NVLink first")
  func crossRail() throws {
    // Four GPUs per rank: odd ranks have the upper half of a node, even ranks the lower half.
    var scenario = try SmallScenario(
      schedule: "1f1b", pipeline: 8, microbatches: 8, gpus: 32, expert: 4)
    func nvlink(_ fabric: String) throws -> Double {
      scenario.cluster.fabric = .catalogue(fabric)
      let use = try scenario.step().run().network
      return use.traffic.first { $0.kind == .pipeline && $0.link == .scaleUpOut }?
        .bytesPerGPU.value ?? 0
    }

    // Four of seven boundaries are inside nodes; with planes, all seven cross NVLink.
    #expect(abs(try nvlink("multi-plane") / nvlink("single-plane") - 7.0 / 4) < 1e-9)
  }
}

@Suite("Dead NICs")
struct DeadNICTests {
  static func scenario(_ fabric: FabricSpec, dead: [Int]) throws -> SmallScenario {
    // 64 GPUs, four ranks of two nodes each, with experts over both nodes.
    var scenario = try SmallScenario(schedule: "dualpipe", gpus: 64, expert: 16)
    scenario.spec.fidelity = .everyGPU
    scenario.cluster.fabric = fabric
    scenario.cluster.faults = dead.map { LinkFault(port: .nic, index: $0, remaining: 0) }
    return scenario
  }

  @Test(
    "its traffic goes through the other NICs of its node, and the step takes longer",
    arguments: [FabricSpec.nonBlocking, .catalogue("multi-plane"), .catalogue("single-plane")])
  func forwarded(fabric: FabricSpec) throws {
    let healthy = try Self.scenario(fabric, dead: []).step().run()
    let degraded = try Self.scenario(fabric, dead: [29]).step().run()

    #expect(degraded.stepTime > healthy.stepTime)
    for link in [LinkClass.nicOut, .nicIn] {
      func node(_ use: NetworkUse) -> [Double] {
        (24..<32).map { gpu in
          use.links.first {
            $0.owner == .gpu(rank: gpu / 16, member: gpu % 16, gpus: 1) && $0.link == link
          }?.bytes.value ?? 0
        }
      }
      let (before, after) = (node(healthy.network), node(degraded.network))
      #expect(after[5] == 0)
      // The seven others carry its traffic in equal parts.
      for index in [0, 1, 2, 3, 4, 6, 7] {
        #expect(abs(after[index] / (before[index] * 8 / 7) - 1) < 1e-9)
      }
    }
  }

  @Test(
    "however many NICs of a node are dead, the others carry all traffic, folded too",
    arguments: [1, 4, 5, 7])
  func many(count: Int) throws {
    var scenario = try Self.scenario(.nonBlocking, dead: [])
    let healthy = try scenario.step().run()
    scenario = try Self.scenario(.nonBlocking, dead: Array(24..<24 + count))
    let full = try scenario.step().run()
    scenario.spec.fidelity = .folded
    let folded = try scenario.step().run()

    #expect(abs(folded.stepTime.seconds / full.stepTime.seconds - 1) <= 0.005)
    for link in [LinkClass.nicOut, .nicIn] {
      func bytes(_ result: SimulationResult) -> Double {
        result.network.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
      }
      for result in [full, folded] { #expect(abs(bytes(result) / bytes(healthy) - 1) < 1e-9) }
    }
  }

  @Test(
    "if all NICs of a node are dead, the other nodes of its domain carry its traffic, folded too",
    arguments: [2, 4])
  func wholeNode(nodesPerDomain: Int) throws {
    var scenario = try Self.scenario(.nonBlocking, dead: Array(24..<32))
    scenario.cluster.node.nodesPerDomain = nodesPerDomain
    // Slow enough to matter.
    scenario.cluster.node.nicPerDirection = BytesPerSecond(10e9)
    let full = try scenario.step().run()
    scenario.spec.fidelity = .folded
    let folded = try scenario.step().run()

    #expect(abs(folded.stepTime.seconds / full.stepTime.seconds - 1) <= 0.005)
    #expect(folded.network.isConserved)
    for row in full.network.traffic {
      let same = folded.network.traffic.first { $0.kind == row.kind && $0.link == row.link }
      #expect(abs((same?.bytesPerGPU.value ?? 0) / row.bytesPerGPU.value - 1) < 1e-9)
    }
  }

  @Test("its own NVLink port also carries its network traffic")
  func nvlink() throws {
    let healthy = try Self.scenario(.nonBlocking, dead: []).step().run()
    let degraded = try Self.scenario(.nonBlocking, dead: [29]).step().run()
    func bytes(_ result: SimulationResult, _ link: LinkClass) -> Double {
      result.network.links.first {
        $0.owner == .gpu(rank: 1, member: 13, gpus: 1) && $0.link == link
      }?.bytes.value ?? 0
    }

    for (port, nic) in [(LinkClass.scaleUpOut, LinkClass.nicOut), (.scaleUpIn, .nicIn)] {
      let expected = bytes(healthy, port) + bytes(healthy, nic)
      #expect(abs(bytes(degraded, port) / expected - 1) < 1e-9)
    }
  }
}
