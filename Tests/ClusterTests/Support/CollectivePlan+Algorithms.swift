// The algorithms of collectives. Sources: P. Patarasuk, X. Yuan, "Bandwidth optimal all-reduce
// algorithms for clusters of workstations", JPDC 69(2), 2009 (ring); P. Sanders, J. Speck, J.
// Träff, "Two-tree algorithms for full bandwidth broadcast, reduction and scan", Parallel Computing
// 35(12), 2009.

@testable import Cluster

extension CollectivePlan {
  /// Rings: each rank sends (n - 1)/n of the buffer to the next, once for reduce-scatter or
  /// all-gather and twice for all-reduce. The buffer is divided among the rings.
  static func rings(
    _ operation: CollectiveOperation, _ nodes: [[Int]], _ bytes: Double
  ) -> Phase {
    let count = nodes.reduce(0) { $0 + $1.count }
    let ringCount = nodes.map(\.count).min() ?? 1
    let turns = operation == .allReduce ? 2.0 : 1
    let share = bytes * turns * Double(count - 1) / Double(count) / Double(ringCount)
    var sends: [Send] = []
    for ring in 0..<ringCount {
      // Each ring enters the nodes at a different position.
      let order = nodes.flatMap { $0[(ring % $0.count)...] + $0[..<(ring % $0.count)] }
      for (index, position) in order.enumerated() {
        sends.append(Send(from: position, to: order[(index + 1) % count], bytes: share))
      }
    }
    return Phase(sends: sends, steps: Int(turns) * (count - 1))
  }

  /// Double tree: sums travel up and down each tree, with half of the buffer in each.
  static func doubleTree(_ count: Int, _ bytes: Double) -> Phase {
    var sends: [Send] = []
    var depth = 0
    for isSecond in [false, true] {
      // For an even number of ranks the second tree is mirrored, for an odd number it is shifted,
      // so that ranks with children in one tree are leaves of the other.
      let place = { (rank: Int) in
        !isSecond ? rank : count % 2 == 0 ? count - 1 - rank : (rank + 1) % count
      }
      for rank in 1..<count {
        let parent = Self.parent(of: rank, count)
        sends.append(Send(from: place(rank), to: place(parent), bytes: bytes / 2))
        sends.append(Send(from: place(parent), to: place(rank), bytes: bytes / 2))
        depth = max(depth, Self.depth(of: rank, count))
      }
    }
    return Phase(sends: sends, steps: 2 * depth)
  }

  /// The parent in a binary tree whose odd ranks are leaves and whose root is 0.
  static func parent(of rank: Int, _ count: Int) -> Int {
    let bit = rank & -rank
    let up = (rank ^ bit) | (bit << 1)
    return up < count ? up : rank ^ bit
  }

  /// The number of edges from a rank to the root.
  static func depth(of rank: Int, _ count: Int) -> Int {
    var (rank, depth) = (rank, 0)
    while rank != 0 {
      rank = parent(of: rank, count)
      depth += 1
    }
    return depth
  }

  /// Two levels: inside a node each rank sends every other rank its part at once, as an NVLink
  /// switch allows. Between nodes there is one ring per position in a node, with the part of that
  /// position.
  static func twoLevels(
    _ operation: CollectiveOperation, _ nodes: [[Int]], _ bytes: Double
  ) -> [Phase] {
    let share = nodes[0].count
    let inside = Phase(
      sends: nodes.flatMap { positions in
        positions.flatMap { from in
          positions.filter { $0 != from }.map {
            Send(from: from, to: $0, bytes: bytes / Double(share))
          }
        }
      }, steps: 1)
    let rails = (0..<share).map { place in
      rings(operation, nodes.map { [$0[place]] }, bytes / Double(share))
    }
    let between = Phase(sends: rails.flatMap(\.sends), steps: rails[0].steps)
    let first = share > 1 && operation != .allGather ? [inside] : []
    let last = share > 1 && operation != .reduceScatter ? [inside] : []
    return first + (nodes.count > 1 ? [between] : []) + last
  }
}
