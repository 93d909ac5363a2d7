import Testing
import Units

@testable import Cluster

@Suite("A topology listed link by link")
struct ListedTopologyTests {
  func link(_ from: String, _ to: String, latency: Double = 1) -> ListedLink {
    ListedLink(
      from: from, to: to, capacity: BytesPerSecond(50e9),
      latency: SimDuration(microseconds: latency))
  }

  /// Nodes of one GPU with a NIC on these links.
  func wiring(nodes: Int, _ listed: [ListedLink]) throws -> Wiring {
    var node = NodeSpec.catalogue[0]
    (node.gpusPerNode, node.nicsPerNode) = (1, 1)
    return try Wiring(
      ClusterSpec(node: node, nodeCount: nodes, fabric: .listed(name: "list", links: listed)))
  }

  func bothWays(_ links: [ListedLink]) -> [ListedLink] { links + links.map(\.reversed) }

  @Test("routes are shortest, and their latencies add up")
  func shortest() throws {
    let listed = bothWays([
      link("node0.nic0", "a"), link("node1.nic0", "a"), link("a", "b", latency: 2),
      link("node2.nic0", "b"),
    ])

    let topology = try wiring(nodes: 3, listed)
    let near = topology.routes(from: 0, to: 1)[0]
    let far = topology.routes(from: 0, to: 2)[0]

    #expect(topology.names(near.between) == ["node0.nic0-a", "a-node1.nic0"])
    #expect(topology.names(far.between) == ["node0.nic0-a", "a-b", "b-node2.nic0"])
    #expect(near.latency == SimDuration(microseconds: 2))
    #expect(far.latency == SimDuration(microseconds: 4))
    #expect(topology.topology.counts == TopologyCounts(endpoints: 3, switches: 2, links: 1))
  }

  @Test("no route passes through a GPU")
  func throughGPU() {
    let listed = bothWays([link("node0.nic0", "node1.nic0"), link("node1.nic0", "node2.nic0")])

    #expect(
      throws: ListedTopologyProblem(flaws: [.unreachable(from: 0, to: 2)])
    ) { try wiring(nodes: 3, listed) }
  }

  @Test("all problems are reported at once")
  func problems() {
    var broken = link("node1.nic0", "a")
    broken.capacity = BytesPerSecond(-1)
    let listed = [link("node0.nic0", "a"), link("a", "a"), broken, link("node0.nic0", "a")]

    #expect(
      throws: ListedTopologyProblem(flaws: [
        .loop(link: 1), .capacity(link: 2), .twice(first: 0, second: 3),
      ])
    ) { try wiring(nodes: 2, listed) }
  }

  @Test("two flows share the link between two switches")
  func sharing() throws {
    let listed = bothWays([
      link("node0.nic0", "a"), link("node1.nic0", "a"), link("a", "b"), link("node2.nic0", "b"),
      link("node3.nic0", "b"),
    ])
    let topology = try wiring(nodes: 4, listed)
    var network = topology.makeNetwork()
    network.begin(
      0,
      [(0, 2), (1, 3)].map { source, target in
        let (path, latency) = topology.route(from: source, to: target)
        return FlowRequest(path: path, bytes: 50e3, latency: latency)
      })
    var arrivals: [TransferArrival] = []

    while let time = network.nextCompletion() { network.advance(to: time, arrivals: &arrivals) }

    // 50 kB at 25 GB/s, and three links of 1 us.
    #expect(arrivals.map(\.time) == [SimTime(picoseconds: 5_000_000)])
  }
}
