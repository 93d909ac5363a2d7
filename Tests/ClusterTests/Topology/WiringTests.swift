// Routes between GPUs: their NICs and switch links, and how dead NICs change them.

import Recording
import Testing
import Units

@testable import Cluster

@Suite("Routes between GPUs")
struct WiringTests {
  static func cluster(
    _ fabric: FabricSpec, nodes: Int = 8, dead: [Int] = []
  ) -> ClusterSpec {
    ClusterSpec(
      node: NodeSpec.catalogue[0], nodeCount: nodes,
      faults: dead.map { LinkFault(port: .nic, index: $0, remaining: 0) }, fabric: fabric)
  }

  /// All NICs of a number of nodes on one switch.
  static func star(nodes: Int, rails: Range<Int> = 0..<8) -> [ListedLink] {
    (0..<nodes).flatMap { node in
      rails.flatMap { rail -> [ListedLink] in
        let link = ListedLink(
          from: "node\(node).nic\(rail)", to: "hub", capacity: BytesPerSecond(50e9),
          latency: SimDuration(picoseconds: 7))
        return [link, link.reversed]
      }
    }
  }

  @Test("only ports limit bandwidth unless there is a topology or a dead NIC between domains")
  func onlyPorts() {
    #expect(Wiring.isOnlyPorts(Self.cluster(.nonBlocking)))
    #expect(Wiring.isOnlyPorts(Self.cluster(.catalogue("single-plane"), nodes: 1)))
    #expect(!Wiring.isOnlyPorts(Self.cluster(.catalogue("single-plane"))))
    #expect(!Wiring.isOnlyPorts(Self.cluster(.nonBlocking, dead: [3])))
    var tray = Self.cluster(.catalogue("single-plane"))
    tray.node.nodesPerDomain = 8
    #expect(Wiring.isOnlyPorts(tray))
  }

  @Test("the route between two GPUs is that of the topology, between their NICs")
  func oneWay() throws {
    let wiring = try Wiring(Self.cluster(.catalogue("single-plane")))

    let near = wiring.routes(from: 5, to: 8 + 5)
    let far = wiring.routes(from: 5, to: 7 * 8 + 5)

    #expect(near.map(\.between) == [[]])
    #expect(near.map(\.latency) == [SimDuration(picoseconds: 2_800_000)])
    #expect(
      far.map { wiring.names($0.links) }
        == [["node0.nic5.out", "leaf0.up", "leaf1.down", "node7.nic5.in"]])
    #expect(far.map(\.latency) == [SimDuration(picoseconds: 3_700_000)])
    #expect(far.map { [$0.sender, $0.receiver] } == [[5, 61]])
  }

  @Test("the traffic of a dead NIC is spread evenly over the other NICs of its node")
  func deadSender() throws {
    let wiring = try Wiring(Self.cluster(.nonBlocking, dead: [5]))

    let ways = wiring.routes(from: 5, to: 13)
    let back = wiring.routes(from: 13, to: 5)

    let others = [0, 1, 2, 3, 4, 6, 7]
    #expect(ways.map(\.sender) == others)
    #expect(ways.allSatisfy { $0.receiver == 13 })
    #expect(back.map(\.receiver) == others)
    // NVLink is passed before the network: 3.33 us and 3.7 us.
    #expect(ways.allSatisfy { $0.latency == SimDuration(picoseconds: 7_030_000) })
  }

  @Test("if rails meet only in nodes, a route uses a rail whose NICs work at both ends")
  func deadOnRails() throws {
    let wiring = try Wiring(Self.cluster(.catalogue("multi-plane"), dead: [5, 8 + 6]))

    let ways = wiring.routes(from: 5, to: 13)
    let untouched = wiring.routes(from: 2, to: 10)
    let crossing = wiring.routes(from: 2, to: 11)

    #expect(ways.map { [$0.sender, $0.receiver] } == [0, 1, 2, 3, 4, 7].map { [$0, $0 + 8] })
    #expect(untouched.map { [$0.sender, $0.receiver] } == [[2, 10]])
    #expect(crossing.map { [$0.sender, $0.receiver] } == [[3, 11]])
  }

  @Test("a node without a working NIC and planes without a complete rail are refused")
  func refused() {
    #expect(throws: WiringProblem.noNIC(node: 1)) {
      try Wiring(Self.cluster(.nonBlocking, dead: Array(8..<16)))
    }
    let oneOnEach = (0..<8).map { 8 * $0 + $0 }
    #expect(throws: WiringProblem.noRail(topology: "rail-optimised")) {
      try Wiring(Self.cluster(.catalogue("rail-optimised"), dead: oneOnEach))
    }
    #expect(throws: Never.self) {
      try Wiring(Self.cluster(.catalogue("single-plane"), dead: oneOnEach))
    }
  }

  @Test(
    "the number of NICs that share a class of links is that of its most shared link",
    arguments: TopologyKind.catalogue.filter { $0.limit != .nodes(1) }.map(\.name))
  func sharers(name: String) throws {
    let cluster = Self.cluster(.catalogue(name), nodes: 136)
    let wiring = try Wiring(cluster)
    var users: [Set<Int>] = Array(repeating: [], count: wiring.linkCount)
    // To and from the first and the last node, which have different leaves and pods.
    for gpu in 0..<cluster.gpuCount {
      for other in [gpu % 8, cluster.gpuCount - 8 + gpu % 8] where other / 8 != gpu / 8 {
        for (route, isUp) in wiring.routes(from: gpu, to: other).map({ ($0, true) })
          + wiring.routes(from: other, to: gpu).map({ ($0, false) })
        {
          for link in route.between where wiring[link].kind.leadsUp == isUp {
            users[link.index].insert(gpu)
          }
        }
      }
    }

    for kind in [LinkClass.leafUp, .leafDown, .podUp, .podDown] {
      let most = wiring.switchLinks.filter { wiring[$0].kind == kind }
        .map { users[$0.index].count }.max()
      if let most { #expect(most == wiring.topology.sharers(of: kind), "\(name), \(kind)") }
    }
  }

  @Test("listed links carry traffic between nodes, NVLink carries it inside them")
  func listed() throws {
    let cluster = Self.cluster(.listed(name: "star", links: Self.star(nodes: 2)), nodes: 2)
    let wiring = try Wiring(cluster)

    #expect(wiring.names(from: 0, to: 3) == ["node0.gpu0.out", "node0.gpu3.in"])
    #expect(
      wiring.names(from: 0, to: 11)
        == ["node0.nic0.out", "node0.nic0-hub", "hub-node1.nic3", "node1.nic3.in"])
    #expect(wiring.path(from: 0, to: 11).latency == SimDuration(picoseconds: 14))
    #expect(wiring.topology.joinsRails)
    #expect(wiring.topology.counts == TopologyCounts(endpoints: 16, switches: 1, links: 0))
  }

  @Test("listed planes that do not meet are crossed inside the node; a missing rail is detected")
  func listedPlanes() throws {
    let planes = (0..<8).flatMap { rail in
      Self.star(nodes: 2, rails: rail..<rail + 1).map { link in
        ListedLink(
          from: link.from == "hub" ? "hub\(rail)" : link.from,
          to: link.to == "hub" ? "hub\(rail)" : link.to, capacity: link.capacity,
          latency: link.latency)
      }
    }
    let cluster = Self.cluster(.listed(name: "planes", links: planes), nodes: 2)
    let wiring = try Wiring(cluster)

    #expect(!wiring.topology.joinsRails)
    #expect(
      wiring.names(from: 0, to: 11)
        == [
          "node0.gpu0.out", "node0.gpu3.in", "node0.nic3.out", "node0.nic3-hub3",
          "hub3-node1.nic3", "node1.nic3.in",
        ])
    #expect(
      throws: ListedTopologyProblem(flaws: [.unreachable(from: 7, to: 15)])
    ) {
      try ListedFabric(
        ClusterSpec(node: NodeSpec.catalogue[0], nodeCount: 2), Self.star(nodes: 2, rails: 0..<7))
    }
  }
}
