// Topologies and faults of a cluster: what is read, and the messages about invalid ones.

import Cluster
import Testing

@testable import Scenarios

@Suite("Networks of scenarios")
struct NetworkTests {
  static let star =
    "{name: star, links: [{from: node0-255, to: hub, capacity: 400 Gb/s, latency: 1 us}]}"

  /// A cluster of two nodes, small enough for listed links.
  static func small(_ topology: String, _ more: String...) throws -> [Diagnostic] {
    problems(
      try shippedText("tiny-16gpu"),
      ["cluster.topology=\(topology)", "training.fidelity=every-gpu"] + more)
  }

  static func links(_ links: String) -> String { "{name: mine, links: [\(links)]}" }

  @Test("without the key, switches never limit bandwidth, and the network has a name")
  func absent() throws {
    #expect(try mainScenario().cluster.fabric == .nonBlocking)
    #expect(try mainScenario("cluster.topology=non-blocking").cluster.fabric == .nonBlocking)
    #expect(
      try mainScenario("cluster.topology=single-plane").cluster.fabric
        == .catalogue("single-plane"))
  }

  @Test("an unknown topology is reported with the nearest name")
  func unknown() throws {
    let found = try mainProblems("cluster.topology=single-plan")

    #expect(found.map(\.keyPath) == ["cluster.topology"])
    #expect(found.first?.suggestion == "single-plane")
  }

  @Test("a topology that is too small for the cluster is refused with its limit")
  func nodeLimit() throws {
    let found = try mainProblems("cluster.topology=single-node")

    #expect(
      found.map(\.message)
        == ["\"single-node\" supports at most 1 node, the cluster has 256"])
  }

  @Test("listed links are read, one per NIC and direction")
  func listed() throws {
    let text = try shippedText("tiny-16gpu")
    let scenario = try Scenario.decode(
      text: text, file: "a.yaml",
      overrides: [
        "training.fidelity=every-gpu",
        "cluster.topology="
          + Self.links(
            "{from: node0-1, to: a, capacity: 50 GB/s, latency: 1 us}"),
      ])

    guard case .listed(let name, let links) = scenario.cluster.fabric else {
      Issue.record("no list")
      return
    }
    #expect(name == "mine")
    #expect(links.count == 2 * 16)
    #expect(links[0].from == "node0.nic0" && links[0].to == "a")
    #expect(links[1] == links[0].reversed)
    #expect(links[31].to == "node1.nic7")
  }

  @Test(
    "invalid lists are reported with place and correction",
    arguments: [
      ("{from: node0-2, to: a, capacity: 50 GB/s, latency: 1 us}", "is not a NIC of this cluster"),
      (
        "{from: node0.nic8, to: a, capacity: 50 GB/s, latency: 1 us}",
        "is not a NIC of this cluster"
      ),
      ("{from: node1-0, to: a, capacity: 50 GB/s, latency: 1 us}", "is not a NIC of this cluster"),
      ("{from: node0, to: node1, capacity: 50 GB/s, latency: 1 us}", "both are several NICs"),
      ("{from: a, to: a, capacity: 50 GB/s, latency: 1 us}", "is a self-loop"),
      (
        "{from: node0-1, to: a, capacity: 50 GB/s, latency: 1 us},"
          + " {from: a, to: node1.nic3, capacity: 50 GB/s, latency: 1 us}",
        "duplicates cluster.topology.links[0]"
      ),
      (
        "{from: node0, to: a, capacity: 50 GB/s, latency: 1 us}",
        "no route leads from node0.nic0 to node1.nic0"
      ),
    ])
  func badLists(links: String, message: String) throws {
    let found = try Self.small(Self.links(links))

    #expect(found.count == 1, "\(found)")
    #expect(found.first?.message.contains(message) == true, "\(found)")
    #expect(found.first?.keyPath.hasPrefix("cluster.topology.links") == true)
    #expect(found.first?.allowed?.isEmpty != true)
  }

  @Test("keys in a list are checked like any others")
  func keys() throws {
    let found = try Self.small(
      Self.links("{from: node0-1, too: a, capacity: 50 Gb, latency: 1 us}"))

    let text = found.map { "\($0.keyPath): \($0.message)" }
    #expect(found.contains { $0.suggestion == "to" }, "\(text)")
    #expect(found.contains { $0.keyPath == "cluster.topology.links[0].capacity" }, "\(text)")
  }

  @Test("a list requires every GPU to be simulated, and limits their number")
  func everyGPU() throws {
    let folded = problems(
      try shippedText("tiny-16gpu"),
      ["cluster.topology=" + Self.links("{from: node0-1, to: a, capacity: 50 GB/s, latency: 1 us}")]
    )
    let large = try mainProblems("cluster.topology=\(Self.star)", "training.fidelity=every-gpu")

    #expect(folded.map(\.message) == ["with listed links needs training.fidelity: every-gpu"])
    #expect(large.map(\.message) == ["lists links for 2048 NICs"])
  }

  @Test("a NIC may be dead, but not an NVLink port, nor all NICs of a node")
  func deadPorts() throws {
    let one = try Self.small("non-blocking", "cluster.faults=[{link: node0.nic3, capacity: 0%}]")
    let port = try Self.small("non-blocking", "cluster.faults=[{link: node0.gpu3, capacity: 0%}]")
    let node = try Self.small(
      "non-blocking",
      "cluster.faults=["
        + (0..<8).map { "{link: node1.nic\($0), capacity: 0%}" }.joined(separator: ", ") + "]")
    let rails = try Self.small(
      "multi-plane",
      "cluster.faults=["
        + (0..<8).map { "{link: node\($0 / 4).nic\($0), capacity: 0%}" }.joined(separator: ", ")
        + "]")

    #expect(one.isEmpty, "\(one)")
    #expect(
      port.map(\.message) == ["\"0%\" is for NICs: a GPU without NVLink reaches no neighbour"])
    #expect(
      node.map(\.message) == ["all NICs of node 1 are dead: its GPUs reach no other node"])
    #expect(
      rails.map(\.message)
        == ["each rail has a dead NIC, and rails of \"multi-plane\" meet only inside nodes"])
  }

  @Test("a link of the topology may be degraded, in both directions or in one")
  func switchFaults() throws {
    let scenario = try mainScenario(
      "cluster.topology=single-plane", "training.fidelity=every-gpu",
      "cluster.faults=[{link: leaf3, capacity: 50%}, {link: leaf4.up, capacity: 25%}]")

    // Two directions per leaf, up first.
    #expect(
      scenario.cluster.switchFaults == [
        SwitchFault(link: 6, remaining: 0.5), SwitchFault(link: 7, remaining: 0.5),
        SwitchFault(link: 8, remaining: 0.25),
      ])
    #expect(scenario.cluster.faults.isEmpty)
  }

  @Test("a range of links is degraded as its links one by one are")
  func ranges() throws {
    let shared = ["cluster.topology=single-plane", "training.fidelity=every-gpu"]
    let range = try mainScenario(
      shared[0], shared[1],
      "cluster.faults=[{link: node2-4.nic6-7, capacity: 50%}, {link: leaf3-4.up, capacity: 25%}]")
    let single = try mainScenario(
      shared[0], shared[1],
      "cluster.faults=["
        + (2...4).flatMap { node in
          (6...7).map { "{link: node\(node).nic\($0), capacity: 50%}, " }
        }.joined()
        + "{link: leaf3.up, capacity: 25%}, {link: leaf4.up, capacity: 25%}]")

    #expect(range.cluster == single.cluster)
    #expect(range.cluster.faults.count == 6 && range.cluster.switchFaults.count == 2)
  }

  @Test("a name of nodes alone is all their NICs, as in listed links (F2-28)")
  func nodeRanges() throws {
    let every = "training.fidelity=every-gpu"
    let whole = try mainScenario(every, "cluster.faults=[{link: node0-1, capacity: 50%}]")
    let parts = try mainScenario(every, "cluster.faults=[{link: node0-1.nic0-7, capacity: 50%}]")
    let one = try mainScenario(every, "cluster.faults=[{link: node3, capacity: 50%}]")

    #expect(whole.cluster == parts.cluster)
    #expect(whole.cluster.faults.count == 16 && one.cluster.faults.count == 8)
    #expect(one.cluster.faults.map(\.index) == Array(24..<32))
  }

  @Test("a name of nodes alone is all their NICs, however many", arguments: [4, 8, 16])
  func nodeOfManyNICs(nics: Int) throws {
    let node = "cluster.node={base: h800-sxm, nics_per_node: \(nics)}"
    let every = "training.fidelity=every-gpu"
    func cluster(_ link: String) throws -> ClusterSpec {
      try mainScenario(node, every, "cluster.faults=[{link: \(link), capacity: 50%}]").cluster
    }

    #expect(try cluster("node3") == cluster("node3.nic0-\(nics - 1)"))
    #expect(try cluster("node3").faults.map(\.index) == Array(3 * nics..<4 * nics))
    // As many as the cluster has.
    #expect(try cluster("node0-255").faults.count == 256 * nics)
    let found = try mainProblems(
      node, every, "cluster.faults=[{link: node0.nic\(nics), capacity: 50%}]")
    #expect(found.first?.allowed?.contains("to node255.nic\(nics - 1),") == true, "\(found)")
  }

  @Test(
    "a range is refused by its first link that the cluster lacks, or as it is",
    arguments: [
      ("node254-257.nic0", "node256.nic0"), ("node0.nic6-9", "node0.nic8"),
      ("node3-1.nic0", "node3-1.nic0"), ("node255-256", "node256.nic0"),
      ("node0-99999999.nic0-7", "node0-99999999.nic0-7"),
      ("spine0-3", "spine0"),
    ])
  func wrongRanges(link: String, refused: String) throws {
    let found = try mainProblems("cluster.faults=[{link: \(link), capacity: 50%}]")

    #expect(found.map(\.message) == ["\"\(refused)\" is not a link of this cluster"])
  }

  @Test("a link that is neither a port nor in the topology is refused with the nearest name")
  func unknownLinks() throws {
    let every = "training.fidelity=every-gpu"
    let misspelt = try mainProblems(
      "cluster.topology=single-plane", every, "cluster.faults=[{link: leaf3.upp, capacity: 50%}]")
    let none = try mainProblems(every, "cluster.faults=[{link: leaf3.up, capacity: 50%}]")
    let dead = try mainProblems(
      "cluster.topology=single-plane", every, "cluster.faults=[{link: leaf3, capacity: 0%}]")
    let folded = try mainProblems(
      "cluster.topology=single-plane", "cluster.faults=[{link: leaf3, capacity: 50%}]")

    #expect(misspelt.map(\.message) == ["\"leaf3.upp\" is not a link of this cluster"])
    #expect(misspelt.first?.suggestion == "leaf3.up")
    #expect(none.map(\.message) == ["\"leaf3.up\" is not a link of this cluster"])
    #expect(none.first?.suggestion == nil)
    #expect(dead.map(\.message) == ["\"0%\" is for NICs: no route leads around a dead leaf3"])
    #expect(folded.isEmpty)
  }
}
