// The Pareto-optimal members of a list of cost pairs.

/// The pairs for which no other pair is better in one cost and no worse in the other. Costs may be
/// infinite.
package enum ParetoFront {
  /// Returns whether each pair is on the front; equal pairs are on it together.
  ///
  /// Complexity: O(n log n).
  package static func members(_ costs: [(first: Double, second: Double)]) -> [Bool] {
    let order = costs.indices.sorted {
      (costs[$0].first, costs[$0].second, $0) < (costs[$1].first, costs[$1].second, $1)
    }
    var isMember = costs.map { _ in false }
    var best: (first: Double, second: Double)?
    for index in order {
      let pair = costs[index]
      if best.map({ pair.second < $0.second || pair == $0 }) ?? true {
        isMember[index] = true
        best = pair
      }
    }
    return isMember
  }
}
