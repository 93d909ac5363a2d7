// Links between places as a user lists them, and the faults of such a list.

import Text
import Units

/// A link of a list, in one direction, between NICs or switches.
package struct ListedLink: Hashable, Sendable {
  /// The place where it starts.
  package var from: String
  /// The place where it ends.
  package var to: String
  /// Highest rate.
  package var capacity: BytesPerSecond
  /// Propagation delay.
  package var latency: SimDuration

  package init(from: String, to: String, capacity: BytesPerSecond, latency: SimDuration) {
    self.from = from
    self.to = to
    self.capacity = capacity
    self.latency = latency
  }

  /// The opposite direction.
  package var reversed: ListedLink {
    ListedLink(from: to, to: from, capacity: capacity, latency: latency)
  }
}

/// A fault of a list of links.
package enum ListedLinkFlaw: Hashable, Sendable {
  /// A self-loop.
  case loop(link: Int)
  /// A link whose capacity is not a positive number.
  case capacity(link: Int)
  /// Two links between the same places in the same direction.
  case twice(first: Int, second: Int)
  /// No route between two NICs.
  case unreachable(from: Int, to: Int)
}

/// All faults of a list of links.
package struct ListedTopologyProblem: ExplainedError, Hashable {
  /// In order of links, then of pairs of GPUs.
  package var flaws: [ListedLinkFlaw]

  package var explanations: [Explanation] {
    flaws.map { flaw in
      switch flaw {
      case .loop(let link): Explanation("link \(link) is a self-loop")
      case .capacity(let link): Explanation("link \(link) has no positive capacity")
      case .twice(let first, let second): Explanation("link \(second) duplicates link \(first)")
      case .unreachable(let from, let to):
        Explanation("no route leads from NIC \(from) to NIC \(to)")
      }
    }
  }
}

extension ListedTopologyProblem {
  /// What is wrong with single links of a list.
  init(of listed: [ListedLink]) {
    flaws = []
    var first: [[String]: Int] = [:]
    for (index, link) in listed.enumerated() {
      if link.from == link.to { flaws.append(.loop(link: index)) }
      if !(link.capacity.value > 0 && link.capacity.value.isFinite) {
        flaws.append(.capacity(link: index))
      }
      if let other = first[[link.from, link.to]] {
        flaws.append(.twice(first: other, second: index))
      } else {
        first[[link.from, link.to]] = index
      }
    }
  }
}
