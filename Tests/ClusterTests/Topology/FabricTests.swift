// Routes between GPUs: their NICs and switch links, and how dead NICs change them.

import Testing
import Units

@testable import Cluster

@Suite("Fabrics")
struct FabricTests {
  static func cluster(
    _ fabric: FabricSpec, nodes: Int = 8, dead: [Int] = []
  ) -> ClusterSpec {
    ClusterSpec(
      node: NodeSpec.catalogue[0], nodeCount: nodes,
      faults: dead.map { LinkFault(port: .nic, gpu: $0, remaining: 0) }, fabric: fabric)
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

  @Test("a fabric is needed only with a topology or a dead NIC, and only between nodes")
  func needed() {
    #expect(!Fabric.isNeeded(for: Self.cluster(.nonBlocking)))
    #expect(!Fabric.isNeeded(for: Self.cluster(.catalogue("single-plane"), nodes: 1)))
    #expect(Fabric.isNeeded(for: Self.cluster(.catalogue("single-plane"))))
    #expect(Fabric.isNeeded(for: Self.cluster(.nonBlocking, dead: [3])))
  }

  @Test("the route between two GPUs is that of the topology, without its ports")
  func oneWay() throws {
    let fabric = try Fabric(Self.cluster(.catalogue("single-plane")))

    let near = fabric.ways(from: 5, to: 8 + 5)
    let far = fabric.ways(from: 5, to: 7 * 8 + 5)

    #expect(near.map(\.links) == [[]])
    #expect(near.map(\.latency) == [SimDuration(picoseconds: 2_800_000)])
    #expect(
      far.map { $0.links.map { fabric.switchLinks[Int($0)].name } }
        == [["leaf0.up", "leaf1.down"]])
    #expect(far.map(\.latency) == [SimDuration(picoseconds: 3_700_000)])
    #expect(far.map { [$0.sender, $0.receiver] } == [[5, 61]])
  }

  @Test("the traffic of a dead NIC is spread evenly over the other NICs of its node")
  func deadSender() throws {
    let fabric = try Fabric(Self.cluster(.nonBlocking, dead: [5]))

    let ways = fabric.ways(from: 5, to: 13)
    let back = fabric.ways(from: 13, to: 5)

    let others = [0, 1, 2, 3, 4, 6, 7]
    #expect(ways.map(\.sender) == others)
    #expect(ways.allSatisfy { $0.receiver == 13 })
    #expect(back.map(\.receiver) == others)
    // NVLink is passed before the network: 3.33 us and 3.7 us.
    #expect(ways.allSatisfy { $0.latency == SimDuration(picoseconds: 7_030_000) })
  }

  @Test("if rails meet only in nodes, a route uses a rail whose NICs work at both ends")
  func deadOnRails() throws {
    let fabric = try Fabric(Self.cluster(.catalogue("multi-plane"), dead: [5, 8 + 6]))

    let ways = fabric.ways(from: 5, to: 13)
    let untouched = fabric.ways(from: 2, to: 10)
    let crossing = fabric.ways(from: 2, to: 11)

    #expect(ways.map { [$0.sender, $0.receiver] } == [0, 1, 2, 3, 4, 7].map { [$0, $0 + 8] })
    #expect(untouched.map { [$0.sender, $0.receiver] } == [[2, 10]])
    #expect(crossing.map { [$0.sender, $0.receiver] } == [[3, 11]])
  }

  @Test("a node without a working NIC and planes without a complete rail are refused")
  func refused() {
    #expect(throws: FabricProblem.noNIC(node: 1)) {
      try Fabric(Self.cluster(.nonBlocking, dead: Array(8..<16)))
    }
    let oneOnEach = (0..<8).map { 8 * $0 + $0 }
    #expect(throws: FabricProblem.noRail(topology: "rail-optimised")) {
      try Fabric(Self.cluster(.catalogue("rail-optimised"), dead: oneOnEach))
    }
    #expect(throws: Never.self) {
      try Fabric(Self.cluster(.catalogue("single-plane"), dead: oneOnEach))
    }
  }

  @Test(
    "the number of NICs that share a class of links is that of its most shared link",
    arguments: TopologyKind.catalogue.filter { $0.nodeLimit > 1 }.map(\.name))
  func sharers(name: String) throws {
    let cluster = Self.cluster(.catalogue(name), nodes: 136)
    let topology = try cluster.fabric.topology(of: cluster)
    var users: [Set<Int>] = Array(repeating: [], count: topology.links.count)
    // To and from the first and the last node, which have different leaves and pods.
    for gpu in 0..<cluster.gpuCount {
      for other in [gpu % 8, cluster.gpuCount - 8 + gpu % 8] where other / 8 != gpu / 8 {
        for link in topology.route(from: gpu, to: other).path {
          if [.leafUp, .podUp].contains(topology.links[Int(link)].kind) {
            users[Int(link)].insert(gpu)
          }
        }
        for link in topology.route(from: other, to: gpu).path {
          if [.leafDown, .podDown].contains(topology.links[Int(link)].kind) {
            users[Int(link)].insert(gpu)
          }
        }
      }
    }

    for kind in [LinkClass.leafUp, .leafDown, .podUp, .podDown] {
      let most = topology.links.indices.filter { topology.links[$0].kind == kind }
        .map { users[$0].count }.max()
      if let most { #expect(most == topology.sharers(of: kind), "\(name), \(kind)") }
    }
  }

  @Test("listed links carry traffic between nodes, NVLink carries it inside them")
  func listed() throws {
    let cluster = Self.cluster(.listed(name: "star", links: Self.star(nodes: 2)), nodes: 2)
    let topology = try cluster.fabric.topology(of: cluster)
    let names = { (from: Int, to: Int) in
      topology.route(from: from, to: to).path.map { topology.links[Int($0)].name }
    }

    #expect(names(0, 3) == ["node0.gpu0.out", "node0.gpu3.in"])
    #expect(
      names(0, 11)
        == ["node0.nic0.out", "node0.nic0-hub", "hub-node1.nic3", "node1.nic3.in"])
    #expect(topology.route(from: 0, to: 11).latency == SimDuration(picoseconds: 14))
    #expect(topology.joinsRails)
    #expect(topology.counts == TopologyCounts(endpoints: 16, switches: 1, links: 0))
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
    let topology = try cluster.fabric.topology(of: cluster)

    #expect(!topology.joinsRails)
    #expect(
      topology.route(from: 0, to: 11).path.map { topology.links[Int($0)].name }
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
