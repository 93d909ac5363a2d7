// Which groups of experts share a node. The load of the fullest node bounds every placement that
// keeps groups whole, and for few groups the best packing is found by trying them all.

/// Ways to put equally many groups on each node.
struct GroupPacking {
  /// The groups of each node, ascending.
  var nodes: [[Int]]
  /// Load of the fullest node.
  var fullest: Double

  /// Packings to try, the least full first; the first is the best there is where `isExact`.
  struct Ranking {
    var packings: [GroupPacking]
    var isExact: Bool
  }

  /// Partial packings that are looked at before the search settles for what it has.
  private static let searchLimit = 20_000

  /// The packings with the least full nodes.
  ///
  /// Equal packings up to the order of nodes are one. With many groups the search stops early; the
  /// packing longest first is then among the answers, but the best may be missing.
  static func ranked(_ loads: [Double], nodes: Int, keep: Int) -> Ranking {
    var search = Search(loads: loads, nodes: nodes, keep: keep, limit: searchLimit)
    search.place(0)
    return Ranking(packings: search.found, isExact: search.left > 0)
  }

  private struct Search {
    let loads: [Double]
    let perNode: Int
    let keep: Int
    /// Groups, longest first.
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

    /// Places the group at `index` of the order on each node in turn, the least loaded first.
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
        if let worst = found.last, found.count == keep, sums[node] + loads[group] >= worst.fullest {
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
      let fullest = sums.max() ?? 0
      let place = found.firstIndex { $0.fullest > fullest } ?? found.count
      guard place < keep else { return }
      let nodes = members.map { $0.sorted() }
      found.insert(GroupPacking(nodes: nodes, fullest: fullest), at: place)
      if found.count > keep { found.removeLast() }
    }
  }
}
