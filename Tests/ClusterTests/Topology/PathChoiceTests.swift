// Paths bound by hashes: single cables, and the routes over them.

import Recording
import Testing
import Units

@testable import Cluster

@Suite("Paths chosen by hash")
struct PathChoiceTests {
  private static let topologies = TopologyKind.catalogue.filter { $0.limit != .nodes(1) }
    .map(\.name)

  private func wiring(_ topology: String, _ paths: PathChoice, seed: UInt64 = 1) throws -> Wiring {
    var cluster = ClusterSpec(node: NodeSpec.catalogue[0], nodeCount: 136)
    (cluster.paths, cluster.pathSeed) = (paths, seed)
    return try Wiring.named(topology, cluster)
  }

  private func capacities(_ wiring: Wiring) -> EnumTable<LinkClass, Double> {
    var sums = EnumTable<LinkClass, Double>(repeating: 0)
    for link in wiring.switchLinks {
      sums[wiring[link].kind] += wiring.capacity(of: link).value
    }
    return sums
  }

  @Test("cables have the capacity of their bundle together", arguments: topologies)
  func cables(topology: String) throws {
    let bundles = try wiring(topology, .adaptive)
    let cables = try wiring(topology, .ecmp)

    #expect(cables.linkCount > bundles.linkCount)
    for kind in LinkClass.allCases {
      let (whole, parts) = (capacities(bundles)[kind], capacities(cables)[kind])
      #expect(abs(parts - whole) <= 1e-9 * whole, "\(kind)")
    }
  }

  @Test("a flow keeps its cable: down from the spine that it went up to", arguments: topologies)
  func spine(topology: String) throws {
    let wiring = try wiring(topology, .ecmp)
    for target in stride(from: 8, to: 1_088, by: 72) {
      let names = wiring.names(wiring.routes(from: 0, to: target)[0].between)
      #expect(names == wiring.names(wiring.routes(from: 0, to: target)[0].between))
      let leaves = names.filter { $0.hasPrefix("leaf") }.map { $0.split(separator: ".")[2] }
      let pods = names.filter { $0.hasPrefix("pod") }
        .compactMap { Int($0.split(separator: ".")[2]) }
      #expect(Set(leaves).count <= 1 && Set(pods).count <= 1, "\(names)")
      // A core hangs at one middle switch, which is the cable of the leaf.
      if let core = pods.first { #expect("\(core / 32)" == leaves.first ?? "", "\(names)") }
    }
  }

  @Test("hashes differ between seeds, and some flows of a permutation collide")
  func collisions() throws {
    func cables(seed: UInt64) throws -> [String] {
      let wiring = try wiring("single-plane", .ecmp, seed: seed)
      // Each NIC under the first leaf sends to another node under the fifth.
      return (0..<32).map { gpu in
        wiring.names(wiring.routes(from: gpu, to: 128 + gpu)[0].between)[0]
      }
    }
    let (one, two) = (try cables(seed: 1), try cables(seed: 2))

    #expect(one != two)
    // 32 flows on 32 cables: 1 - 1/e of the cables are used on average.
    for used in [Set(one).count, Set(two).count] { #expect((14...27).contains(used)) }
  }
}
