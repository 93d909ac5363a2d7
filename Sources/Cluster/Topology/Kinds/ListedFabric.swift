// A network between nodes listed by a scenario: links between NICs and switches. A route is the
// shortest by number of links; among equal ones, links listed earlier win. Traffic inside a node
// takes NVLink. If no route leads from a NIC to another rail, traffic is first forwarded inside the
// sender's node.

import Units

/// Ports of GPUs, and listed links beyond the NICs.
package struct ListedFabric: Topology {
  package let links: [NetworkLink]
  package let longestPath: Int
  package let counts: TopologyCounts
  package let joinsRails: Bool
  private let ports: NodePorts
  private let graph: ListedGraph
  /// The link by which a walk from GPU g first comes to place p, at `g * placeCount + p`.
  private let arrivals: [Int32]
  private let latencies: [SimDuration]

  /// Most GPUs supported: routes take memory proportional to GPUs x places.
  package static let gpuLimit = 1_024

  /// The name of a GPU's NIC in a list.
  package static func nicName(_ gpu: Int, in cluster: ClusterSpec) -> String {
    LinkFault.name(of: .nic, gpu, in: cluster)
  }

  /// Finds the routes between the NICs of a cluster. Links name NICs as faults do, `node3.nic5`;
  /// any other place is a switch.
  ///
  /// Complexity: O(GPUs x links).
  /// - Throws: `ListedTopologyProblem` with all faulty links, or else with the first pair of NICs
  ///   on one rail without a route.
  /// - Precondition: the cluster has at most `gpuLimit` GPUs.
  package init(_ cluster: ClusterSpec, _ listed: [ListedLink]) throws {
    precondition(cluster.gpuCount <= Self.gpuLimit, "\(cluster.gpuCount) GPUs")
    let wrong = ListedTopologyProblem(of: listed)
    guard wrong.flaws.isEmpty else { throw wrong }
    let ports = NodePorts(cluster: cluster, hasNetwork: true)
    let names = (0..<cluster.gpuCount).map { Self.nicName($0, in: cluster) }
    let graph = ListedGraph(endpoints: names, listed)
    var arrivals: [Int32] = []
    var joinsRails = true
    var longest = 1
    for source in 0..<cluster.gpuCount {
      let row = graph.shortestArrivals(from: source)
      for target in 0..<cluster.gpuCount where ports.node(of: target) != ports.node(of: source) {
        if row[target] >= 0 {
          longest = max(longest, graph.route(to: target, row).count)
        } else if ports.rail(of: target) == ports.rail(of: source) {
          throw ListedTopologyProblem(flaws: [.unreachable(from: source, to: target)])
        } else {
          joinsRails = false
        }
      }
      arrivals += row
    }
    self.ports = ports
    self.graph = graph
    self.arrivals = arrivals
    self.joinsRails = joinsRails
    // Two NVLink ports if rails do not meet, and the NICs at both ends.
    longestPath = longest + 4
    latencies = listed.map(\.latency)
    links =
      ports.links
      + listed.map {
        NetworkLink(name: "\($0.from)-\($0.to)", kind: .listed, capacity: $0.capacity)
      }
    counts = graph.counts
  }

  package func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    if let inside = ports.begin(from: source, to: target, &path) { return inside }
    var (sender, latency) = (source, SimDuration.zero)
    if way(from: source, to: target).isEmpty {
      (sender, latency) = ports.appendForwarding(from: source, toRailOf: target, to: &path)
    }
    path.append(ports.nicOut(sender))
    for link in way(from: sender, to: target) {
      path.append(Int32(ports.count) + link)
      latency += latencies[Int(link)]
    }
    path.append(ports.nicIn(target))
    return latency
  }

  /// The listed links of the route between two NICs; empty if there is none.
  private func way(from source: Int, to target: Int) -> [Int32] {
    graph.route(to: target, arrivals, rowStart: source * graph.placeCount)
  }
}
