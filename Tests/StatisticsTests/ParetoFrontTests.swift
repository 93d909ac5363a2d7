import Testing

@testable import Statistics

@Suite("The Pareto front of two costs")
struct ParetoFrontTests {
  @Test("the front has the entries that no other one beats")
  func front() {
    let costs = [(3.0, 1.0), (1, 3), (2, 2), (2, 2), (2, 3), (3, 2), (4, 1)]
      .map { (first: $0.0, second: $0.1) }

    #expect(
      ParetoFront.members(costs) == [true, true, true, true, false, false, false])
    #expect(ParetoFront.members([]).isEmpty)
  }

  @Test("an infinite cost is no reason to be beaten")
  func infinite() {
    let costs = [(1.0, Double.infinity), (2, .infinity), (1, .infinity), (3, 5)]
      .map { (first: $0.0, second: $0.1) }

    #expect(ParetoFront.members(costs) == [true, false, true, true])
    #expect(
      ParetoFront.members([(first: .infinity, second: .infinity)]) == [true])
  }

  @Test("in random sets, front members are not dominated and all others are", arguments: 1...20)
  func randomFront(seed: Int) {
    var state = UInt64(seed)
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 60)
    }
    let costs = (0..<40).map { _ in (first: next(), second: next()) }

    let members = ParetoFront.members(costs)

    for (index, cost) in costs.enumerated() {
      let isBettered = costs.contains {
        $0.first <= cost.first && $0.second <= cost.second && $0 != cost
      }
      #expect(members[index] == !isBettered, "seed \(seed)")
    }
  }
}
