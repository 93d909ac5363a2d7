// Why a cluster's network cannot carry its traffic.

import Text

/// Faults that leave a part of the cluster without a route.
package enum WiringProblem: ExplainedError, Hashable {
  /// Every NIC of a node, or of its scale-up domain, is dead.
  case noNIC(node: Int)
  /// Rails meet only inside nodes, and each rail has a dead NIC.
  case noRail(topology: String)

  package var explanations: [Explanation] {
    switch self {
    case .noNIC(let node):
      [
        Explanation(
          "all NICs of node \(node) are dead: its GPUs reach no other node",
          advice: ["expected: a NIC with more than 0% in each node"])
      ]
    case .noRail(let topology):
      [
        Explanation(
          "each rail has a dead NIC, and rails of \(quoted(topology)) meet only inside nodes",
          advice: ["expected: one rail without a dead NIC"])
      ]
    }
  }
}
