// The links that a user lists between places, and what can be wrong with a list.

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
  /// No route between two GPUs.
  case unreachable(from: Int, to: Int)
}

/// All that is wrong with a list of links.
public struct ListedTopologyProblems: Error, Hashable, Sendable {
  /// In order of links, then of pairs of GPUs.
  public var problems: [ListedTopologyProblem]
}

extension ListedTopologyProblems {
  /// What is wrong with single links of a list.
  init(of listed: [ListedLink]) {
    problems = []
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
  }
}
