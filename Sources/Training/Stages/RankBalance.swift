// Balances the ranks of a partition that gives them several stages: a rank computes all of its
// stages in turn. A schedule with a transfer at every stage may suffer more from a long stage than
// from an uneven rank, so the caller simulates the plan on both partitions. Layers move one at a
// time, from one stage to another, as long as that helps.
//
// There may be hundreds of stages, and many moves that lead to equal partitions. From one move to
// the next, the loads of two stages change; as whole numbers, they change sums and squares without
// rounding, and equal partitions compare equal.

/// A partition whose layers can still move.
struct RankBalance {
  private var layers: [Int]
  private let most: [Int]
  private let least: Int
  /// The group of stages with which each stage takes turns.
  private let groups: [Int]
  /// Sums of the loads of the first n layers.
  private let sums: [WholeLoad]
  private let first: WholeLoad
  private let last: WholeLoad
  private let overlaps: Bool
  private var stageLoads: [WholeLoad]
  private var groupLoads: [WholeLoad]
  private var groupSquares = 0
  private var stageSquares = 0

  /// - Parameter layerLoads: a finite load for each layer.
  init(
    _ layers: [Int], most: [Int], least: Int, groups: [Int], layerLoads: [Load], first: Load,
    last: Load,
    overlaps: Bool
  ) {
    self.layers = layers
    self.most = most
    self.least = least
    self.groups = groups
    self.overlaps = overlaps
    let unit = WholeLoad.unit(of: layerLoads + [first, last])
    var sums = [WholeLoad()]
    for load in layerLoads { sums.append(sums[sums.count - 1] + WholeLoad(load, unit: unit)) }
    self.sums = sums
    self.first = WholeLoad(first, unit: unit)
    self.last = WholeLoad(last, unit: unit)
    stageLoads = Array(repeating: WholeLoad(), count: layers.count)
    groupLoads = Array(repeating: WholeLoad(), count: (groups.max() ?? 0) + 1)
  }

  /// The criteria for a partition, compared in order.
  private struct Score: Comparable {
    var slowestGroup: Int
    var groupSquares: Int
    var stageSquares: Int

    static func < (a: Score, b: Score) -> Bool {
      (a.slowestGroup, a.groupSquares, a.stageSquares)
        < (b.slowestGroup, b.groupSquares, b.stageSquares)
    }
  }

  /// The partition that no move of one layer improves.
  ///
  /// - Complexity: O(stages² x groups) per move, with at most a few moves per layer.
  mutating func balanced() -> [Int] {
    setLoads(shifted: 0)
    var best = score
    while let move = bestMove(below: &best) {
      layers[move.from] -= 1
      layers[move.to] += 1
    }
    return layers
  }

  private mutating func bestMove(below best: inout Score) -> (from: Int, to: Int)? {
    var found: (from: Int, to: Int)?
    for from in layers.indices where layers[from] > least {
      // The layer that a stage gives up goes to each other one in turn. All stages after that one
      // begin a layer later.
      layers[from] -= 1
      setLoads(shifted: 1)
      var start = 0
      for to in layers.indices {
        let (before, count) = (start, layers[to])
        start += count
        defer { setLoad(ofStage: to, before, count) }
        guard to != from, count < most[to] else { continue }
        setLoad(ofStage: to, before, count + 1)
        // Most moves end here.
        guard time(groupLoads[groups[to]]) <= best.slowestGroup else { continue }
        let candidate = score
        guard candidate < best else { continue }
        best = candidate
        found = (from, to)
      }
      layers[from] += 1
    }
    return found
  }

  /// The score of the loads.
  private var score: Score {
    var slowest = 0
    for load in groupLoads { slowest = max(slowest, time(load)) }
    return Score(
      slowestGroup: slowest, groupSquares: groupSquares, stageSquares: stageSquares)
  }

  /// Sets all loads, of stages that begin a number of layers later than they would.
  private mutating func setLoads(shifted: Int) {
    var start = shifted
    for (stage, count) in layers.enumerated() {
      setLoad(ofStage: stage, start, count)
      start += count
    }
  }

  private mutating func setLoad(ofStage stage: Int, _ start: Int, _ count: Int) {
    var load = sums[start + count] - sums[start]
    if stage == 0 { load = load + first }
    if stage == layers.count - 1 { load = load + last }
    let old = stageLoads[stage]
    stageLoads[stage] = load
    stageSquares += square(load) - square(old)
    let group = groups[stage]
    groupSquares -= square(groupLoads[group])
    groupLoads[group] = groupLoads[group] + load - old
    groupSquares += square(groupLoads[group])
  }

  private func time(_ load: WholeLoad) -> Int {
    overlaps ? max(load.compute, load.communication) : load.compute + load.communication
  }

  private func square(_ load: WholeLoad) -> Int { time(load) * time(load) }
}

/// A load in whole units.
private struct WholeLoad {
  var compute = 0
  var communication = 0

  init() {}

  init(_ load: Load, unit: Double) {
    compute = Int((load.compute / unit).rounded())
    communication = Int((load.communication / unit).rounded())
  }

  /// Seconds of a unit, a power of two: all loads together are about 2³⁰ of it, so that no sum of
  /// squares is near the largest integer.
  static func unit(of loads: [Load]) -> Double {
    let all = loads.reduce(0) { $0 + $1.compute + $1.communication }
    return max(all, .leastNormalMagnitude).binade * 0x1p-29
  }

  static func + (a: WholeLoad, b: WholeLoad) -> WholeLoad {
    WholeLoad(a, b, sign: 1)
  }

  static func - (a: WholeLoad, b: WholeLoad) -> WholeLoad {
    WholeLoad(a, b, sign: -1)
  }

  private init(_ a: WholeLoad, _ b: WholeLoad, sign: Int) {
    compute = a.compute + sign * b.compute
    communication = a.communication + sign * b.communication
  }
}
