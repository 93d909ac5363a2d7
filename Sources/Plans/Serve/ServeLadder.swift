// The sizes of a layout in the order of their nodes. With two pools, a number of nodes leaves
// choices between prefill and decode; the split is climbed to on the replications of the search, so
// the fresh ones judge a split that they did not choose.

import Statistics

/// The sizes of a layout from its bound up.
struct ServeLadder {
  let layout: ServeLayout
  /// Least steps of each pool.
  let least: [Int]
  /// The numbers of nodes that some size takes, ascending; the first is the bound.
  let totals: [Int]
  /// The chosen split by rung.
  private var chosen: [Int: [Int]] = [:]

  /// - Parameters:
  ///   - bound: least units of each pool.
  ///   - mostNodes: of any size.
  init(_ layout: ServeLayout, bound: [Int], mostNodes: Int) {
    self.layout = layout
    least = zip(layout.pools, bound).map { ($1 + $0.units - 1) / $0.units }
    let start = layout.nodes(least)
    let sizes = layout.pools.map(\.nodes)
    // Nodes beyond the bound that steps of the pools can make.
    var reached = [true] + [Bool](repeating: false, count: max(0, mostNodes - start))
    for size in sizes {
      for extra in reached.indices where extra >= size && reached[extra - size] {
        reached[extra] = true
      }
    }
    totals =
      start <= mostNodes ? reached.indices.filter { reached[$0] }.map { start + $0 } : []
  }

  /// The steps of each pool that are tried with the nodes of a rung, from 1.
  ///
  /// - Parameter margin: the mean margin of a size on the replications of the search.
  mutating func steps(_ rung: Int, margin: ([Int]) throws -> Double) rethrows -> [Int] {
    if let known = chosen[rung] { return known }
    let sizes = splits(totals[rung - 1])
    // The bounds' own proportion is the first guess; margins rise and fall once along the splits.
    let wanted = Double(least[0]) / Double(least.reduce(0, +))
    func distance(_ steps: [Int]) -> Double {
      abs(Double(steps[0]) / Double(steps.reduce(0, +)) - wanted)
    }
    var place = sizes.indices.reduce(0) { distance(sizes[$1]) < distance(sizes[$0]) ? $1 : $0 }
    if sizes.count > 1 {
      var best = try margin(sizes[place])
      for direction in [1, -1] {
        while sizes.indices.contains(place + direction) {
          let next = try margin(sizes[place + direction])
          guard next > best else { break }
          (place, best) = (place + direction, next)
        }
      }
    }
    chosen[rung] = sizes[place]
    return sizes[place]
  }

  /// The sizes within some nodes to which no pool can add a step, ascending by the first pool.
  func splits(_ nodes: Int) -> [[Int]] {
    let spare = nodes - layout.nodes(least)
    let sizes = layout.pools.map(\.nodes)
    guard sizes.count == 2 else { return [[least[0] + spare / sizes[0]]] }
    var result: [[Int]] = []
    for first in 0...spare / sizes[0] {
      let rest = spare - first * sizes[0]
      // What is left must be less than a step of the first pool too.
      guard rest % sizes[1] < sizes[0] else { continue }
      result.append([least[0] + first, least[1] + rest / sizes[1]])
    }
    return result
  }
}
