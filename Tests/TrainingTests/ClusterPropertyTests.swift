// What must hold on any cluster: bytes, capacities, and the direction in which changes act.

import Cluster
import Execution
import Recording
import Routing
import Testing
import Units

@testable import Training

@Suite("Properties over random clusters")
struct ClusterPropertyTests {
  /// A small step on a random cluster; even seeds simulate every GPU.
  private func scenario(_ seed: Int, _ random: inout RandomStream) throws -> SmallScenario {
    let (nodes, gpus) = ([4, 8][random.index(below: 2)], [4, 8][random.index(below: 2)])
    let ranks = [2, 4][random.index(below: 2)]
    let perRank = nodes * gpus / ranks
    var scenario = try SmallScenario(
      schedule: ["1f1b", "dualpipe"][random.index(below: 2)], pipeline: ranks,
      microbatches: 2 * ranks, gpus: nodes * gpus,
      expert: [4, 8, 16].filter { perRank.isMultiple(of: $0) }[
        random.index(below: perRank.isMultiple(of: 16) ? 3 : perRank.isMultiple(of: 8) ? 2 : 1)])
    scenario.cluster.nodeCount = nodes
    scenario.cluster.node.gpusPerNode = gpus
    scenario.cluster.node.nicsPerNode = [gpus / 2, gpus, 2 * gpus][random.index(below: 3)]
    scenario.cluster.node.nodesPerDomain = [1, 2][random.index(below: 2)]
    // Slow enough to matter.
    scenario.cluster.node.nicPerDirection = BytesPerSecond(25e9)
    let names = ["non-blocking", "multi-plane", "single-plane-2to1", "three-layer-2to1"]
    scenario.cluster.fabric = try #require(
      FabricSpec(named: names[random.index(below: names.count)]))
    if seed.isMultiple(of: 2) {
      scenario.spec.fidelity = .everyGPU
      if scenario.cluster.fabric != .nonBlocking, random.index(below: 2) == 0 {
        (scenario.cluster.paths, scenario.cluster.pathSeed) = (.ecmp, UInt64(seed))
      }
    }
    if random.index(below: 2) == 0 {
      scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: UInt64(seed))
    }
    return scenario
  }

  private func fault(
    _ cluster: ClusterSpec, remaining: Double, _ random: inout RandomStream
  ) -> LinkFault {
    let port = LinkFault.Port.allCases[random.index(below: 2)]
    let count = cluster.nodeCount * port.count(in: cluster.node)
    return LinkFault(port: port, index: random.index(below: count), remaining: remaining)
  }

  @Test("INV-3, INV-4, INV-15: bytes are conserved, no link above its capacity", arguments: 1...16)
  func conserved(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.clusters"))
    var scenario = try scenario(seed, &random)
    if random.index(below: 2) == 0 {
      scenario.cluster.faults = [fault(scenario.cluster, remaining: 0.3, &random)]
    }
    let result = try scenario.step().run()

    #expect(result.network.isConserved, "seed \(seed)")
    for link in result.network.links {
      let most = link.capacity.value * result.stepTime.seconds
      #expect(link.bytes.value <= most * (1 + 1e-9), "seed \(seed): \(link)")
    }
    for load in result.network.loads {
      #expect((0...1 + 1e-9).contains(load.utilisation), "seed \(seed): \(load)")
    }
  }

  @Test("a faster link never makes a step slower, a fault never makes it faster", arguments: 1...16)
  func monotone(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.clusters"))
    var scenario = try scenario(seed, &random)
    let plain = try scenario.step().run().stepTime
    scenario.cluster.faults = [
      fault(scenario.cluster, remaining: [0.2, 0.5, 0.9][random.index(below: 3)], &random)
    ]
    let degraded = try scenario.step().run().stepTime
    scenario.cluster.faults = []
    let factor = 1 + 3 * random.uniform()
    scenario.cluster.node.nicPerDirection = scenario.cluster.node.nicPerDirection * factor
    let faster = try scenario.step().run().stepTime

    // Rates are rounded to whole picoseconds at each change.
    #expect(degraded.picoseconds >= plain.picoseconds - 1000, "seed \(seed)")
    #expect(faster.picoseconds <= plain.picoseconds + 1000, "seed \(seed)")
  }

  @Test("listed links give the same result in any order", arguments: 1...4)
  func order(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.clusters"))
    var scenario = try SmallScenario(schedule: "1f1b", microbatches: 4, gpus: 32, expert: 8)
    scenario.spec.fidelity = .everyGPU
    var links = (0..<32).flatMap { nic -> [ListedLink] in
      let link = ListedLink(
        from: ListedFabric.nicName(nic, in: scenario.cluster.node), to: "leaf\(nic % 8 / 4)",
        capacity: BytesPerSecond(50e9), latency: SimDuration(picoseconds: 1_000_000))
      return [link, link.reversed]
    }
    let joint = ListedLink(
      from: "leaf0", to: "leaf1", capacity: BytesPerSecond(100e9),
      latency: SimDuration(picoseconds: 1_000_000))
    links += [joint, joint.reversed]
    scenario.cluster.fabric = .listed(name: "list", links: links)
    let first = try scenario.step().run()
    for index in stride(from: links.count - 1, to: 0, by: -1) {
      links.swapAt(index, random.index(below: index + 1))
    }
    scenario.cluster.fabric = .listed(name: "list", links: links)
    let second = try scenario.step().run()

    #expect(first.stepTime == second.stepTime)
    #expect(first.rankTimes == second.rankTimes)
    func bytes(_ result: SimulationResult) -> [String: Double] {
      var bytes: [String: Double] = [:]
      for use in result.network.links {
        if case .network(_, let name) = use.owner { bytes[name] = use.bytes.value }
      }
      return bytes
    }
    #expect(bytes(first) == bytes(second))
  }
}
