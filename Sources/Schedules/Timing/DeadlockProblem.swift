// A plan that cannot complete: the blocked ranks and their missing inputs.

import Text

/// Ranks that wait for each other, or for a cell that is not in the plan.
package struct DeadlockProblem: ExplainedError, Hashable {
  /// One blocked rank.
  package struct Wait: Hashable, Sendable, CustomStringConvertible {
    /// The rank.
    package var rank: Int
    /// The cell it cannot start.
    package var cell: Cell
    /// The forward or input gradient that is missing.
    package var input: Cell
    /// The rank that should compute the input; nil if the plan has no such cell.
    package var maker: Int?

    package var description: String {
      let source = maker.map { "of rank \($0)" } ?? "which the plan does not have"
      return "rank \(rank) waits at \(OrderText.render(cell)) for \(OrderText.render(input)) "
        + source
    }
  }

  /// Every blocked rank, in order of ranks.
  package var waits: [Wait]

  /// The waits that form a cycle, each waiting for the next; empty if the cause is a missing cell.
  package var cycle: [Wait] {
    guard var current = waits.first else { return [] }
    var seen: [Wait] = []
    while true {
      if let start = seen.firstIndex(of: current) { return Array(seen[start...]) }
      seen.append(current)
      guard let maker = current.maker, let next = waits.first(where: { $0.rank == maker }) else {
        return []
      }
      current = next
    }
  }

  package var explanations: [Explanation] {
    let shown = cycle.isEmpty ? waits : cycle
    return [Explanation("deadlock: " + shown.map(\.description).joined(separator: "; "))]
  }
}
