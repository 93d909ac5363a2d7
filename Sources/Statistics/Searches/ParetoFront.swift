// The Pareto-optimal members of a list of cost pairs.

/// The pairs for which no other pair is better in one cost and no worse in the other.
package enum ParetoFront {
  /// Returns whether each pair is on the front; equal pairs are on it together.
  ///
  /// Complexity: O(n log n).
  package static func members(_ costs: [(first: Double, second: Double)]) -> [Bool] {
    let order = costs.indices.sorted {
      (costs[$0].first, costs[$0].second, $0) < (costs[$1].first, costs[$1].second, $1)
    }
    var isMember = costs.map { _ in false }
    var best: (first: Double, second: Double) = (.infinity, .infinity)
    for index in order {
      let pair = costs[index]
      if pair.second < best.second || pair == best {
        isMember[index] = true
        best = pair
      }
    }
    return isMember
  }
}
