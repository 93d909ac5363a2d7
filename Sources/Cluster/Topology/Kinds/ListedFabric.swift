// A network between nodes listed by a scenario: links between NICs and switches. A route is the
// shortest by number of links; among equal ones, links listed earlier win. If no route leads from a
// NIC to another rail, traffic is first forwarded inside the sender's node.

import Recording
import Units

/// Listed links beyond the NICs.
package struct ListedFabric: Topology {
  package let links: [NetworkLink]
  package let counts: TopologyCounts
  package let joinsRails: Bool
  private let cluster: ClusterSpec
  private let graph: ListedGraph
  /// The link by which a walk from NIC n first comes to place p, at `n * placeCount + p`.
  private let arrivals: [Int32]
  private let latencies: [SimDuration]

  /// Most NICs supported: routes take memory proportional to NICs x places.
  package static let nicLimit = 1_024

  /// The name of a NIC in a list.
  package static func nicName(_ port: Int, in node: NodeSpec) -> String {
    let (host, rail) = port.quotientAndRemainder(dividingBy: node.nicPorts)
    return "node\(host).nic\(rail)"
  }

  /// Finds the routes between the NICs of a cluster. Links name NICs as faults do, `node3.nic5`;
  /// any other place is a switch.
  ///
  /// Complexity: O(NICs x links).
  /// - Throws: `ListedTopologyProblem` with all faulty links, or else with the first pair of NICs
  ///   on one rail without a route.
  /// - Precondition: the cluster has at most `nicLimit` NICs.
  package init(_ cluster: ClusterSpec, _ listed: [ListedLink]) throws {
    let nics = cluster.nicPortCount
    precondition(nics <= Self.nicLimit, "\(nics) NICs")
    let wrong = ListedTopologyProblem(of: listed)
    guard wrong.flaws.isEmpty else { throw wrong }
    let names = (0..<nics).map { Self.nicName($0, in: cluster.node) }
    let graph = ListedGraph(endpoints: names, listed)
    let rails = cluster.node.nicPorts
    var arrivals: [Int32] = []
    var joinsRails = true
    for source in 0..<nics {
      let row = graph.shortestArrivals(from: source)
      for target in 0..<nics where target / rails != source / rails && row[target] < 0 {
        guard target % rails != source % rails else {
          throw ListedTopologyProblem(flaws: [.unreachable(from: source, to: target)])
        }
        joinsRails = false
      }
      arrivals += row
    }
    self.cluster = cluster
    self.graph = graph
    self.arrivals = arrivals
    self.joinsRails = joinsRails
    latencies = listed.map(\.latency)
    links = listed.map {
      NetworkLink(
        name: "\($0.from)-\($0.to)", kind: .listed, owner: .network, capacity: $0.capacity)
    }
    counts = graph.counts
  }

  package func route(
    from source: NICPort, to target: NICPort, into path: inout [Int]
  ) -> SimDuration {
    let start = cluster.number(of: source) * graph.placeCount
    var latency = SimDuration.zero
    for link in graph.route(to: cluster.number(of: target), arrivals, rowStart: start) {
      path.append(Int(link))
      latency += latencies[Int(link)]
    }
    return latency
  }
}
