// Assigns groups of experts to nodes. The load of the most loaded node bounds every placement that
// keeps groups whole; for few groups an exhaustive search finds the best packing.

/// An assignment of the same number of groups to each node.
struct GroupPacking {
  /// The groups of each node, ascending.
  var nodes: [[Int]]
  /// Load of the most loaded node.
  var maxLoad: Double

  /// Packings in ascending order of maximum load; the first is optimal if `isExact`.
  struct Ranking {
    var packings: [GroupPacking]
    var isExact: Bool
  }

  /// Partial packings to examine before the search stops with the best found so far.
  private static let searchLimit = 20_000

  /// The `keep` packings with the lowest maximum load.
  ///
  /// Packings that differ only in the order of nodes count once. With many groups the search stops
  /// early: the greedy packing is then among the results, but the best may be missing.
  static func ranked(_ loads: [Double], nodes: Int, keep: Int) -> Ranking {
    var search = Search(loads: loads, nodes: nodes, keep: keep, limit: searchLimit)
    search.place(0)
    return Ranking(packings: search.found, isExact: search.left > 0)
  }

  private struct Search {
    let loads: [Double]
    let perNode: Int
    let keep: Int
    /// Groups, largest load first.
    let order: [Int]
    var members: [[Int]]
    var sums: [Double]
    var found: [GroupPacking] = []
    var left: Int

    init(loads: [Double], nodes: Int, keep: Int, limit: Int) {
      self.loads = loads
      perNode = loads.count / nodes
      self.keep = keep
      order = loads.indices.sorted { (loads[$1], $0) < (loads[$0], $1) }
      members = Array(repeating: [], count: nodes)
      sums = Array(repeating: 0, count: nodes)
      left = limit
    }

    /// Tries the group at `index` of `order` on each node, least loaded first.
    mutating func place(_ index: Int) {
      guard left > 0 else { return }
      left -= 1
      guard index < order.count else { return record() }
      let group = order[index]
      let candidates = members.indices.filter { members[$0].count < perNode }
        .sorted { (sums[$0], $0) < (sums[$1], $1) }
      var triedEmpty = false
      for node in candidates {
        if members[node].isEmpty {
          if triedEmpty { continue }
          triedEmpty = true
        }
        if let worst = found.last, found.count == keep, sums[node] + loads[group] >= worst.maxLoad {
          continue
        }
        let before = sums[node]
        members[node].append(group)
        sums[node] += loads[group]
        place(index + 1)
        members[node].removeLast()
        sums[node] = before
      }
    }

    private mutating func record() {
      let maxLoad = sums.max() ?? 0
      let place = found.firstIndex { $0.maxLoad > maxLoad } ?? found.count
      guard place < keep else { return }
      let nodes = members.map { $0.sorted() }
      found.insert(GroupPacking(nodes: nodes, maxLoad: maxLoad), at: place)
      if found.count > keep { found.removeLast() }
    }
  }
}
