// The moves of layers between stages against a slow reference, which weighs every partition anew.

import Testing
import Units

@testable import Training

@Suite("Balanced ranks")
struct RankBalanceTests {
  /// Stages that take turns on ranks, with random loads of layers. Few distinct loads make many
  /// partitions equal.
  private struct Case {
    let layers: [Int]
    let most: [Int]
    let least: Int
    let groups: [Int]
    let loads: [Load]
    let first: Load
    let last: Load
    let overlaps: Bool

    init(seed: Int) {
      var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.balance"))
      func load() -> Load {
        Load(
          compute: Double(1 + random.index(below: 3)),
          communication: Double(random.index(below: 4)))
      }
      let ranks = 1 + random.index(below: 4)
      let stages = ranks * (1 + random.index(below: 4))
      groups = (0..<stages).map { $0 % ranks }
      overlaps = random.index(below: 2) == 0
      let least = random.index(below: 2)
      let layers = (0..<stages).map { _ in least + random.index(below: 4) }
      most = layers.map { $0 + random.index(below: 6) }
      loads = (0..<layers.reduce(0, +)).map { _ in load() }
      (first, last) = (load(), load())
      (self.least, self.layers) = (least, layers)
    }

    /// The slowest group, the squares of groups and of stages, all of whole numbers.
    func score(_ layers: [Int]) -> [Double] {
      func seconds(_ loads: [Load]) -> Double {
        loads.reduce(into: Load()) { $0 += $1 }.seconds(overlaps: overlaps)
      }
      var start = 0
      let stages = layers.indices.map { stage in
        defer { start += layers[stage] }
        return Array(loads[start..<start + layers[stage]]) + (stage == 0 ? [first] : [])
          + (stage == layers.count - 1 ? [last] : [])
      }
      let ranks = Set(groups).map { rank in
        seconds(stages.indices.filter { groups[$0] == rank }.flatMap { stages[$0] })
      }
      let squares = stages.map { seconds($0) * seconds($0) }.reduce(0, +)
      return [ranks.max() ?? 0, ranks.map { $0 * $0 }.reduce(0, +), squares]
    }

    /// The same moves, each of the first of the best partitions that are one move away.
    func balanced() -> [Int] {
      var layers = layers
      while true {
        var best = (score: score(layers), layers: layers)
        for from in layers.indices where layers[from] > least {
          for to in layers.indices where to != from && layers[to] < most[to] {
            var moved = layers
            moved[from] -= 1
            moved[to] += 1
            let found = score(moved)
            if found.lexicographicallyPrecedes(best.score) { best = (found, moved) }
          }
        }
        if best.layers == layers { return layers }
        layers = best.layers
      }
    }
  }

  @Test("the moves are those of weighing every partition anew", arguments: 0..<200)
  func moves(seed: Int) {
    let given = Case(seed: seed)
    // Units are powers of two, so loads stay whole.
    func exact(_ load: Load) -> Load {
      Load(compute: load.compute * 0x1p-20, communication: load.communication * 0x1p-20)
    }
    var balance = RankBalance(
      given.layers, most: given.most, least: given.least, groups: given.groups,
      layerLoads: given.loads.map(exact), first: exact(given.first), last: exact(given.last),
      overlaps: given.overlaps)

    #expect(balance.balanced() == given.balanced())
  }

  @Test("loads of zero leave the partition as it is")
  func nothing() {
    var balance = RankBalance(
      [3, 1], most: [4, 4], least: 1, groups: [0, 1],
      layerLoads: Array(repeating: Load(), count: 4), first: Load(), last: Load(), overlaps: false)

    #expect(balance.balanced() == [3, 1])
  }

  @Test("hundreds of stages: no rank has two layers more than another")
  func manyStages() {
    let (ranks, stages, layers) = (64, 512, 700)
    // All layers that exceed one a stage lie in the last stages.
    let extra = layers - stages
    var balance = RankBalance(
      (0..<stages).map { 1 + ($0 >= stages - extra ? 1 : 0) },
      most: Array(repeating: layers, count: stages), least: 1,
      groups: (0..<stages).map { $0 * ranks / stages },
      layerLoads: Array(repeating: Load(compute: 1e-3, communication: 0), count: layers),
      first: Load(), last: Load(), overlaps: false)

    let found = balance.balanced()

    let sums = (0..<ranks).map { rank in
      found.indices.filter { $0 * ranks / stages == rank }.map { found[$0] }.reduce(0, +)
    }
    #expect(sums.reduce(0, +) == layers)
    #expect(sums.allSatisfy { [layers / ranks, layers / ranks + 1].contains($0) })
  }
}
