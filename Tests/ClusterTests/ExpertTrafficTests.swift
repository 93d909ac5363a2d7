// Expert traffic that closed forms do not cover: uneven loads, and other traffic on the same links.

import Testing
import Units

@testable import Cluster

@Suite("Expert traffic on links")
struct ExpertTrafficTests {
  static let node = NodeSpec.catalogue[0]
  static let bytes = ExchangeMeasurement.payload(.dispatch)

  /// Runs exchanges that start together. Returns the end of each in seconds.
  static func ends(
    _ exchanges: [(ExpertExchange.Direction, ExpertTraffic)], release: DeepEPRelease = .june2025,
    links: [(name: String, share: Double)] = []
  ) throws -> [Double] {
    let topology = try Wiring.named("multi-plane", ClusterSpec(node: node, nodeCount: 4))
    var capacities = topology.capacities
    var flows: [[FlowRequest]] = []
    for (direction, traffic) in exchanges {
      flows.append(
        traffic.normalFlows(
          direction, bytesPerToken: bytes, on: topology, kernels: capacities.count,
          release: release))
      capacities += traffic.kernelLinks(direction, sms: 20, release: release)
    }
    var network = TransferNetwork(capacities: capacities, longestPath: 8)
    for (name, share) in links {
      for link in topology.links(named: name) {
        network.setCapacity(capacities[link] * share, ofLink: link)
      }
    }
    for (index, flows) in flows.enumerated() { network.begin(index, flows) }
    var arrivals: [TransferArrival] = []
    while let time = network.nextCompletion() { network.advance(to: time, arrivals: &arrivals) }
    return exchanges.indices.map { index in
      arrivals.first { $0.operation == index }?.time.seconds ?? .infinity
    }
  }

  static let balanced = ExpertTraffic(
    balanced: 4096, nodesPerToken: 3.6, gpusPerToken: 6.9, rankCount: 32, gpusPerNode: 8)

  @Test("a GPU that receives every token delays the exchange by its NVLink port")
  func hotRank() throws {
    // Each of the 32 ranks sends 1,000 tokens to rank 5 only.
    let targets = (0..<32).map { _ in Array(repeating: [5], count: 1000) }
    let hot = ExpertTraffic(targets: targets, gpusPerNode: 8)

    let end = try Self.ends([(.dispatch, hot)])[0]

    // 32,000 tokens arrive at the node; those from senders with index 5 arrive without NVLink.
    let share = NormalKernelRates(.dispatch, isInsideDomain: false, release: .june2025).nvlinkShare
    let port = 28_000 * Double(Self.bytes) / (200e9 * share)
    #expect(abs(end / port - 1) < 0.01)
  }

  @Test("two exchanges that start together on the same NICs take twice as long as one")
  func contention() throws {
    let alone = try Self.ends([(.dispatch, Self.balanced)])[0]
    let together = try Self.ends([(.dispatch, Self.balanced), (.dispatch, Self.balanced)])

    #expect(together.allSatisfy { abs($0 / (2 * alone) - 1) < 0.01 })
  }

  @Test("a NIC at half its rate slows the whole exchange; a dead NIC stops it")
  func degradedNIC() throws {
    let alone = try Self.ends([(.dispatch, Self.balanced)])[0]
    let degraded = try Self.ends([(.dispatch, Self.balanced)], links: [("node2.nic5", 0.5)])[0]
    let dead = try Self.ends([(.dispatch, Self.balanced)], links: [("node2.nic5", 0)])[0]

    #expect(abs(degraded / (2 * alone) - 1) < 0.01)
    #expect(dead == .infinity)
  }
}
