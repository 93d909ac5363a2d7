// Every topology of the catalogue: its routes, their bandwidth, and its components.

import Testing
import Units

@testable import Cluster

@Suite("Topologies of the catalogue")
struct TopologyTests {
  static let node = NodeSpec.catalogue[0]

  /// More than one pod of a three-layer network, or the node limit of the topology.
  static func cluster(_ kind: TopologyKind, nodes: Int = 136) -> ClusterSpec {
    ClusterSpec(node: node, nodeCount: min(nodes, kind.nodeLimit(of: node)))
  }

  /// Near and far pairs: distances of powers of two and their neighbours, from several GPUs.
  static func pairs(_ gpuCount: Int) -> [(Int, Int)] {
    let distances = (0..<11).flatMap { [1 << $0, (1 << $0) + 3] }
    return stride(from: 0, to: gpuCount, by: 37).flatMap { source in
      distances.map { (source, (source + $0) % gpuCount) }.filter { $0.0 != $0.1 }
    }
  }

  @Test(
    "a route is short, has no repetition, and ends at the ports of its GPUs",
    arguments: TopologyKind.catalogue.indices)
  func routes(index: Int) throws {
    let kind = TopologyKind.catalogue[index]
    let cluster = Self.cluster(kind)
    let wiring = try Wiring.named(kind.name, cluster)

    for (source, target) in Self.pairs(cluster.gpuCount) {
      let (path, latency) = wiring.path(from: source, to: target)
      let names = wiring.names(path)
      let place = { (gpu: Int) in "node\(gpu / 8)" }
      let isInside = source / 8 == target / 8

      #expect(Set(path).count == path.count && path.count <= 8)
      #expect(names.first?.hasPrefix(place(source) + ".") == true, "\(names)")
      let port = isInside ? "gpu" : "nic"
      #expect(names.last == "\(place(target)).\(port)\(target % 8).in", "\(names)")
      #expect(isInside == (latency == Self.node.nvlinkLatency.duration), "\(names)")
      #expect(latency == wiring.path(from: target, to: source).latency)
      // A route inside a node has two links; NICs come in pairs, as do the links of every layer
      // above.
      #expect(path.count % 2 == 0)
      #expect(isInside == names.allSatisfy { $0.contains(".gpu") }, "\(names)")
    }
  }

  @Test(
    "if each GPU sends to the other half of the network, the share of uplinks sets its rate",
    arguments: TopologyKind.catalogue.indices)
  func bisection(index: Int) throws {
    let kind = TopologyKind.catalogue[index]
    let cluster = Self.cluster(kind, nodes: 256)
    guard kind.limit != .nodes(1) else { return }
    let wiring = try Wiring.named(kind.name, cluster)
    var network = FlowNetwork(capacities: wiring.capacities, longestPath: 8)
    let ids = (0..<cluster.gpuCount).map { gpu in
      let target = (gpu + cluster.gpuCount / 2) % cluster.gpuCount
      return network.start(path: wiring.route(from: gpu, to: target).path, bytes: 1e9)
    }

    let share = kind.name.hasSuffix("2to1") ? 0.5 : 1
    let expected = share * Self.node.nicPerDirection.value
    for id in ids { #expect(abs((network.rate(of: id)?.value ?? 0) / expected - 1) < 1e-9) }
  }

  @Test("traffic to another rail takes NVLink first, whether or not rails share spines")
  func crossRail() throws {
    for name in ["rail-optimised", "multi-plane"] {
      let wiring = try Wiring.named(name, ClusterSpec(node: Self.node, nodeCount: 4))
      let names = wiring.names(from: 1, to: 8 + 6)
      #expect(names == ["node0.gpu1.out", "node0.gpu6.in", "node0.nic6.out", "node1.nic6.in"])
    }
  }

  @Test("latencies within a leaf, across leaves and inside a node are the published ones")
  func latencies() throws {
    // Facts hw.lat.ib_same_leaf, hw.lat.ib_cross_leaf, hw.lat.nvlink.
    let wiring = try Wiring.named("multi-plane", ClusterSpec(node: Self.node, nodeCount: 64))

    #expect(wiring.path(from: 0, to: 8).latency == SimDuration(microseconds: 2.8))
    #expect(wiring.path(from: 0, to: 8 * 40).latency == SimDuration(microseconds: 3.7))
    #expect(wiring.path(from: 0, to: 1).latency == SimDuration(microseconds: 3.33))
  }

  @Test("the name of a NIC stands for both directions")
  func names() throws {
    let wiring = try Wiring.named("multi-plane", ClusterSpec(node: Self.node, nodeCount: 12))

    let links = wiring.links(named: "node1.nic5").map { wiring[LinkID($0)].name }

    #expect(links == ["node1.nic5.out", "node1.nic5.in"])
    #expect(wiring.links(named: "node1").count == 32)
    #expect(wiring.links(named: "node77").isEmpty)
  }

  /// Fact hw.net.topology_cost: rows FT2, MPFT and FT3.
  static let published:
    [(kind: String, endpoints: Int, switches: Int, links: Int, millions: Double)] =
      [
        ("single-plane", 2048, 96, 2048, 9), ("multi-plane", 16384, 768, 16384, 72),
        ("three-layer", 65536, 5120, 131_072, 491),
      ]

  @Test("the largest networks have the published switches, links and cost", arguments: 0..<3)
  func costTable(row: Int) throws {
    let expected = Self.published[row]
    let kind = try #require(TopologyKind.catalogue.first { $0.name == expected.kind })

    let counts = kind.counts(ClusterSpec(node: Self.node, nodeCount: kind.nodeLimit(of: Self.node)))

    #expect(counts.endpoints == expected.endpoints)
    #expect(counts.switches == expected.switches)
    #expect(counts.links == expected.links)
    // The table prints whole millions.
    #expect(abs(counts.cost.value / 1e6 - expected.millions) <= 0.5)
  }

  @Test(
    "a network joins as many NICs however many a node has, and all ports reach each other",
    arguments: [4, 8, 16, 32])
  func nicLimits(nics: Int) throws {
    var node = Self.node
    node.nicsPerNode = nics
    for kind in TopologyKind.catalogue where kind.limit != .nodes(1) {
      let nodes = kind.nodeLimit(of: node)
      let counts = kind.counts(ClusterSpec(node: node, nodeCount: nodes))

      // With fewer NICs than GPUs there are fewer planes.
      let planes = kind.name == "multi-plane" ? min(nics, 8) : 1
      let most = kind.name.hasPrefix("three-layer") ? 65_536 : 2048 * planes
      #expect(nodes * nics == most && counts.endpoints == most, "\(kind.name)")
      let wiring = try Wiring.named(kind.name, ClusterSpec(node: node, nodeCount: min(nodes, 64)))
      let leaves = wiring.switchLinks.filter { wiring[$0].kind == .leafUp }
      #expect(leaves.count == min(nodes, 64) * nics / 32)
      let capacity = leaves.reduce(0) { $0 + wiring[$1].capacity.value }
      let share = kind.name.hasSuffix("2to1") ? 0.5 : 1
      #expect(capacity == share * Double(min(nodes, 64) * nics) * node.nicPerDirection.value)
    }
  }

  @Test("the same prices yield the published cost of Slim Fly, and Dragonfly's to 1.2 %")
  func otherRows() {
    let slimFly = TopologyCounts(endpoints: 32928, switches: 1568, links: 32928)
    let dragonfly = TopologyCounts(endpoints: 261_632, switches: 16352, links: 384_272)

    #expect(abs(slimFly.cost.value / 1e6 - 146) <= 0.5)
    #expect(abs(dragonfly.cost.value / 1e6 / 1522 - 1) <= 0.0121)
  }

  @Test("catalogue entries have unique names, a source and a summary")
  func entries() {
    let kinds = TopologyKind.catalogue

    #expect(Set(kinds.map(\.name)).count == kinds.count)
    #expect(
      kinds.allSatisfy { !$0.source.facts.isEmpty && !$0.summary.isEmpty })
  }
}
