// Balances the ranks of a partition that gives them several stages: a rank computes all of its
// stages in turn. A schedule with a transfer at every stage may suffer more from a long stage than
// from an uneven rank, so the caller simulates the plan on both partitions. Layers move one at a
// time, from one stage to another, as long as that helps.

/// A partition whose layers can still move.
struct RankBalance {
  private var layers: [Int]
  private let most: [Int]
  private let least: Int
  /// The group of stages with which each stage takes turns.
  private let groups: [Int]
  /// Sums of the loads of the first n layers.
  private let sums: [Load]
  private let first: Load
  private let last: Load
  private let overlaps: Bool
  /// The load of each group, for `score`.
  private var loads: [Load]

  init(
    _ layers: [Int], most: [Int], least: Int, groups: [Int], layerLoads: [Load], first: Load,
    last: Load,
    overlaps: Bool
  ) {
    self.layers = layers
    self.most = most
    self.least = least
    self.groups = groups
    var sums = [Load()]
    for load in layerLoads { sums.append(sums[sums.count - 1] + load) }
    self.sums = sums
    self.first = first
    self.last = last
    self.overlaps = overlaps
    loads = Array(repeating: Load(), count: (groups.max() ?? 0) + 1)
  }

  /// The criteria for a partition, compared in order.
  private struct Score: Comparable {
    var slowestGroup = 0.0
    var groupSquares = 0.0
    var stageSquares = 0.0

    static func < (a: Score, b: Score) -> Bool {
      (a.slowestGroup, a.groupSquares, a.stageSquares)
        < (b.slowestGroup, b.groupSquares, b.stageSquares)
    }
  }

  /// The partition that no move of one layer improves.
  ///
  /// - Complexity: O(stages³) per move, with at most a few moves per layer.
  mutating func balanced() -> [Int] {
    guard var best = score(below: nil) else { return layers }
    while let move = bestMove(below: &best) {
      layers[move.from] -= 1
      layers[move.to] += 1
    }
    return layers
  }

  private mutating func bestMove(below best: inout Score) -> (from: Int, to: Int)? {
    var found: (from: Int, to: Int)?
    for from in layers.indices where layers[from] > least {
      for to in layers.indices where to != from && layers[to] < most[to] {
        layers[from] -= 1
        layers[to] += 1
        let candidate = score(below: best)
        layers[from] += 1
        layers[to] -= 1
        if let candidate {
          best = candidate
          found = (from, to)
        }
      }
    }
    return found
  }

  /// The score of the layers; nil if it is not below the best one.
  private mutating func score(below best: Score?) -> Score? {
    for group in loads.indices { loads[group] = Load() }
    var start = 0
    for stage in layers.indices {
      loads[groups[stage]] += load(ofStage: stage, from: start)
      start += layers[stage]
    }
    var score = Score()
    for load in loads {
      let seconds = load.seconds(overlaps: overlaps)
      score.slowestGroup = max(score.slowestGroup, seconds)
      score.groupSquares += seconds * seconds
    }
    // Most moves end here.
    if let best, (best.slowestGroup, best.groupSquares) < (score.slowestGroup, score.groupSquares) {
      return nil
    }
    start = 0
    for stage in layers.indices {
      let seconds = load(ofStage: stage, from: start).seconds(overlaps: overlaps)
      score.stageSquares += seconds * seconds
      start += layers[stage]
    }
    if let best, score >= best { return nil }
    return score
  }

  private func load(ofStage stage: Int, from start: Int) -> Load {
    var load = sums[start + layers[stage]] - sums[start]
    if stage == 0 { load += first }
    if stage == layers.count - 1 { load += last }
    return load
  }
}

extension Load {
  static func + (a: Load, b: Load) -> Load {
    Load(compute: a.compute + b.compute, communication: a.communication + b.communication)
  }

  static func - (a: Load, b: Load) -> Load {
    Load(compute: a.compute - b.compute, communication: a.communication - b.communication)
  }
}
