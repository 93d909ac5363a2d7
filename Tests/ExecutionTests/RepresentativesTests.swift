// Which GPUs of a rank are represented by which members.

import Routing
import Testing

@testable import Execution

@Suite("Representatives")
struct RepresentativesTests {
  private func choice(
    _ states: [String], _ sizes: [Int], mostLoaded: Int = 0, level: Int = 0
  ) -> RepresentativeChoice {
    RepresentativeChoice(
      states: states, groupSizes: sizes, exchangeLevel: level, mostLoaded: mostLoaded)
  }

  private func weights(_ choice: RepresentativeChoice) -> [Int] {
    choice.representatives.members.map(\.weight)
  }

  @Test("identical GPUs have one member, alone in every group")
  func alike() {
    let choice = choice(Array(repeating: "", count: 16), [2, 8, 16])

    #expect(weights(choice) == [16])
    for level in 0...2 {
      #expect(choice.representatives.size(level: level, group: 0) == 1)
    }
  }

  @Test("a degraded GPU splits off its neighbours on every level, with the same exchange groups")
  func degraded() {
    var states = Array(repeating: "", count: 16)
    states[5] = "slow"
    let choice = choice(states, [2, 8, 16])

    // The other group of eight, the rest of its group, the other GPU of its pair, and itself.
    #expect(weights(choice) == [8, 6, 1, 1])
    #expect(choice.representatives.members.map(\.gpu) == [8, 0, 4, 5])
    func groups(_ level: Int) -> [[Int]] {
      (0..<choice.representatives.groupCount(level: level)).map {
        Array(choice.representatives.members(level: level, group: $0))
      }
    }
    #expect(groups(0) == [[0], [1], [2, 3]])
    #expect(groups(1) == [[0], [1, 2, 3]])
    #expect(groups(2) == [[0, 1, 2, 3]])
  }

  @Test("equally composed groups are simulated once, wherever their degraded GPUs are")
  func alikeGroups() {
    var states = Array(repeating: "", count: 32)
    (states[1], states[14]) = ("slow", "slow")

    #expect(weights(choice(states, [8])) == [16, 14, 2])
    states[14] = "slower"
    #expect(weights(choice(states, [8])) == [16, 7, 7, 1, 1])
  }

  @Test("every GPU of a group is a member, for all groups with equal states in order")
  func equalGroupsOnce() {
    var states = Array(repeating: "", count: 32)
    (states[1], states[14]) = ("slow", "slow")
    let choice = RepresentativeChoice.equalGroupsOnce(
      states: states, groupSizes: [2, 8, 32], exchangeLevel: 1)

    // The last two groups are equal; the first two have their slow GPU at different positions.
    #expect(weights(choice).sorted() == Array(repeating: 1, count: 16) + repeatElement(2, count: 8))
    #expect(choice.hasOwnLoads)
    let sizes = (0..<3).map { choice.representatives.size(level: 1, group: $0) }
    #expect(sizes == [8, 8, 8])
    #expect(choice.representatives.size(level: 2, group: 0) == 24)

    // A group that is the whole rank, and overlapping groups, have no equals.
    for (count, sizes) in [(32, [2, 32]), (24, [8, 12])] {
      let alone = RepresentativeChoice.equalGroupsOnce(
        states: Array(repeating: "", count: count), groupSizes: sizes, exchangeLevel: 1)
      #expect(alone.representatives.isComplete)
    }
  }

  @Test("most loaded members are split off each group's largest class, one per group")
  func mostLoaded() {
    var states = Array(repeating: "", count: 32)
    let even = choice(states, [8], mostLoaded: 3)
    #expect(weights(even) == [20, 4, 4, 4])
    #expect(even.turns.map { $0?.index } == [nil, 0, 1, 2])
    #expect(even.representatives.size(level: 0, group: 0) == 4)

    states[1] = "slow"
    let degraded = choice(states, [8], mostLoaded: 1)
    #expect(weights(degraded) == [21, 6, 1, 3, 1])
    #expect(degraded.turns.map { $0?.index } == [nil, nil, nil, 0, 0])
    // There are at most as many turns as GPUs, less one GPU for the others.
    #expect(weights(choice(Array(repeating: "", count: 4), [2], mostLoaded: 7)) == [2, 2])
    #expect(weights(choice(Array(repeating: "", count: 4), [1], mostLoaded: 7)) == [4])
  }

  @Test(
    "INV-15: weights sum to the GPU count, for random states, groups and turns", arguments: 1...200)
  func sums(seed: Int) {
    var random = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func next(_ count: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % count
    }
    let count = [4, 12, 24, 64][next(4)]
    let divisors = (1...count).filter { count.isMultiple(of: $0) }
    let sizes = (0..<3).map { _ in divisors[next(divisors.count)] }
    var states = Array(repeating: "", count: count)
    for _ in 0..<next(4) { states[next(count)] = ["slow", "dead"][next(2)] }
    let level = next(3)
    let choice = choice(states, sizes, mostLoaded: next(9), level: level)

    #expect(weights(choice).reduce(0, +) == count, "seed \(seed)")
    #expect(weights(choice).allSatisfy { $0 > 0 })
    // Every class has a member of its state, and the weights of a group are a multiple of its size.
    for member in choice.representatives.members {
      let gpus = choice.representatives.classes[member.ofClass]
      #expect(gpus.allSatisfy { states[$0] == states[member.gpu] })
    }
    for group in 0..<choice.representatives.groupCount(level: level) {
      let gpus = choice.representatives.members(level: level, group: group)
        .reduce(0) { $0 + choice.representatives.members[$1].weight }
      #expect(gpus.isMultiple(of: sizes[level]), "seed \(seed)")
    }
  }
}

@Suite("Loads of members")
struct MemberLoadsTests {
  /// Two loads on each GPU of a group of four. Copies that leave are those of the next GPU.
  static let traffic = [[1.0, 2, 8, 1], [6, 4, 1, 1]].map { rows in
    LayerTraffic(
      gpus: rows.indices.map { GPUTraffic(rows: rows[$0], networkOut: rows[($0 + 1) % 4]) })
  }

  private func loads(_ choice: RepresentativeChoice) -> MemberLoads {
    MemberLoads(
      choice, groupSize: 4, loadCount: 2, sequences: [[0, 1]],
      mostLoaded: { Self.traffic[$0].mostLoadedGPU }, traffic: { Self.traffic[$0] })
  }

  private func loads(_ turns: Int) -> MemberLoads {
    loads(
      RepresentativeChoice(
        states: Array(repeating: "", count: 8), groupSizes: [4], exchangeLevel: 0,
        mostLoaded: turns))
  }

  private func rows(_ loads: MemberLoads, column: Int) -> [Double] {
    (0...1).map { loads.traffic($0, column: column).rows }
  }

  @Test("one member has the largest count on each leg, and the others share the rest")
  func one() {
    let loads = loads(1)
    #expect(rows(loads, column: 1) == [8, 6])
    #expect((0...1).map { loads.traffic($0, column: 1).networkOut } == [8, 6])
    #expect(rows(loads, column: 0) == [4.0 / 3, 2])
  }

  @Test("members take turns, and have the loads of their GPUs when others are the most loaded")
  func turns() {
    let loads = loads(2)
    // GPU 2 takes the first turn, GPU 0 the second.
    #expect(rows(loads, column: 1) == [8, 1])
    #expect(rows(loads, column: 2) == [1, 6])
    #expect(rows(loads, column: 0) == [1.5, 2.5])
  }

  @Test(
    "INV-15: on every leg members have in total what GPUs have, whatever their number",
    arguments: 1...3)
  func sums(turns: Int) {
    let loads = loads(turns)
    for load in 0...1 {
      let others = loads.traffic(load, column: 0) * Double(4 - turns)
      let sum = (1...turns).reduce(others) { $0 + loads.traffic(load, column: $1) }
      #expect(abs(sum.rows - 12) < 1e-12)
      #expect(abs(sum.networkOut - 12) < 1e-12)
    }
  }

  @Test("every GPU has its own load")
  func all() {
    let loads = loads(.all(8, groupSizes: [4]))
    #expect(loads.columns == [0, 1, 2, 3, 0, 1, 2, 3])
    for gpu in 0..<4 {
      #expect((0...1).map { loads.traffic($0, column: gpu) } == Self.traffic.map { $0.gpus[gpu] })
    }
  }
}
