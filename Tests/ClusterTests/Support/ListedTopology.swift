// A network of GPUs and switches that is listed link by link, without nodes, to test routing:
// routes have the fewest links, and ties go to the route listed first.

import Units

@testable import Cluster

/// Listed links, with the shortest routes between all GPUs.
struct ListedTopology: Topology {
  let links: [NetworkLink]
  let longestPath: Int
  let counts: TopologyCounts
  private let gpuCount: Int
  /// The routes of all pairs of GPUs, flat: offsets by pair, then links.
  private var offsets: [Int32] = [0]
  private var routeLinks: [Int32] = []
  private let latencies: [SimDuration]

  /// Finds the routes between GPUs `gpu0` ... over a list of links.
  ///
  /// Complexity: O(GPUs x links), meant for up to a few hundred GPUs.
  /// - Throws: `ListedTopologyProblem` with all problems of the list.
  init(gpuCount: Int, _ listed: [ListedLink]) throws {
    var problems = ListedTopologyProblem(of: listed).flaws
    let graph = ListedGraph(endpoints: (0..<gpuCount).map { "gpu\($0)" }, listed)
    var longest = 1
    for source in 0..<gpuCount {
      let arrivals = graph.shortestArrivals(from: source)
      for target in 0..<gpuCount {
        if source != target {
          let route = graph.route(to: target, arrivals)
          if route.isEmpty { problems.append(.unreachable(from: source, to: target)) }
          routeLinks += route
          longest = max(longest, route.count)
        }
        offsets.append(Int32(routeLinks.count))
      }
    }
    guard problems.isEmpty else { throw ListedTopologyProblem(flaws: problems) }
    self.gpuCount = gpuCount
    longestPath = longest
    latencies = listed.map(\.latency)
    links = listed.map {
      NetworkLink(name: "\($0.from)-\($0.to)", kind: .listed, capacity: $0.capacity)
    }
    counts = graph.counts
  }

  func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
    precondition(source != target, "GPU \(source) needs no network to itself")
    let pair = source * gpuCount + target
    path.removeAll(keepingCapacity: true)
    var latency = SimDuration.zero
    for link in routeLinks[Int(offsets[pair])..<Int(offsets[pair + 1])] {
      path.append(link)
      latency += latencies[Int(link)]
    }
    return latency
  }
}
