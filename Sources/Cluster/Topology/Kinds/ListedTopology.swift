// A topology that a user lists: places and the links between them. Routes are shortest by count of
// links, and among those the one whose links stand first in the list.

import Units

/// A link of a list, in one direction. GPUs are `gpu0`, `gpu1` ...; any other place is a switch.
public struct ListedLink: Hashable, Sendable {
  /// The place where it starts.
  public var from: String
  /// The place where it ends.
  public var to: String
  /// Rate that it can carry.
  public var capacity: BytesPerSecond
  /// How long a byte travels over it.
  public var latency: SimDuration

  public init(from: String, to: String, capacity: BytesPerSecond, latency: SimDuration) {
    self.from = from
    self.to = to
    self.capacity = capacity
    self.latency = latency
  }

  /// The same in the other direction.
  public var reversed: ListedLink {
    ListedLink(from: to, to: from, capacity: capacity, latency: latency)
  }
}

/// Why a list of links is no topology.
public enum ListedTopologyProblem: Error, Hashable, Sendable {
  /// A link from a place to itself.
  case loop(link: Int)
  /// A link whose capacity is not a positive number.
  case capacity(link: Int)
  /// Two links between the same places in the same direction.
  case twice(first: Int, second: Int)
  /// No way between two GPUs.
  case unreachable(from: Int, to: Int)
}

/// All that is wrong with a list of links.
public struct ListedTopologyProblems: Error, Hashable, Sendable {
  /// In order of links, then of pairs of GPUs.
  public var problems: [ListedTopologyProblem]
}

/// Listed links, with shortest routes between all GPUs.
public struct ListedTopology: Topology {
  public let links: [NetworkLink]
  public let longestPath: Int
  public let counts: TopologyCounts
  private let gpuCount: Int
  /// Route of each pair of GPUs, flat: offsets by pair, then links.
  private var offsets: [Int32] = [0]
  private var routeLinks: [Int32] = []
  private let latencies: [SimDuration]

  /// Finds the routes between GPUs `gpu0` ... of a list of links.
  ///
  /// Complexity: O(GPUs x links), meant for up to a few hundred GPUs.
  /// - Throws: `ListedTopologyProblems` with everything that is wrong.
  public init(gpuCount: Int, _ listed: [ListedLink]) throws {
    var problems = Self.problems(of: listed)
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
    guard problems.isEmpty else { throw ListedTopologyProblems(problems: problems) }
    self.gpuCount = gpuCount
    longestPath = longest
    latencies = listed.map(\.latency)
    links = listed.map {
      NetworkLink(name: "\($0.from)-\($0.to)", kind: .listed, capacity: $0.capacity)
    }
    counts = graph.counts
  }

  public func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration {
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

  /// What is wrong with single links of a list.
  static func problems(of listed: [ListedLink]) -> [ListedTopologyProblem] {
    var problems: [ListedTopologyProblem] = []
    var first: [[String]: Int] = [:]
    for (index, link) in listed.enumerated() {
      if link.from == link.to { problems.append(.loop(link: index)) }
      if !(link.capacity.value > 0 && link.capacity.value.isFinite) {
        problems.append(.capacity(link: index))
      }
      if let other = first[[link.from, link.to]] {
        problems.append(.twice(first: other, second: index))
      } else {
        first[[link.from, link.to]] = index
      }
    }
    return problems
  }
}
