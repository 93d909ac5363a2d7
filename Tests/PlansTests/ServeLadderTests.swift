// The sizes of a layout against an enumeration of all of them.

import Foundation
import Recording
import Scenarios
import Service
import Testing

@testable import Plans

@Suite("Sizes of a layout")
struct ServeLadderTests {
  private func layout() throws -> ServeLayout {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("scenarios/service-h800-pair.yaml").path
    let scenario = try ScenarioDocument(path: path).scenario()
    return ServeLayout(
      index: 0, name: "pair", settings: [], service: try #require(scenario.service),
      cluster: scenario.cluster)
  }

  @Test("pools of 4 and 18 nodes a unit grow in their sums")
  func totals() throws {
    let ladder = ServeLadder(try layout(), bound: [2, 1], mostNodes: 60)

    // 26 nodes, and all of 4 a + 18 b more within 34.
    #expect(ladder.totals == [26, 30, 34, 38, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60])
    #expect(ladder.splits(26) == [[2, 1]])
    #expect(ladder.splits(44) == [[2, 2], [6, 1]])
    #expect(ServeLadder(try layout(), bound: [2, 1], mostNodes: 25).totals.isEmpty)
  }

  @Test("the best of all splits is climbed to", arguments: 1...14)
  func climb(rung: Int) throws {
    var ladder = ServeLadder(try layout(), bound: [2, 1], mostNodes: 60)
    // The lesser pool decides: rises and falls once along the splits.
    func margin(_ steps: [Int]) -> Double { min(Double(steps[0]), 3.5 * Double(steps[1])) }

    let steps = ladder.steps(rung, margin: margin)

    var best = 0.0
    for first in 2...20 {
      for second in 1...5 where ladder.layout.nodes([first, second]) <= ladder.totals[rung - 1] {
        best = max(best, margin([first, second]))
      }
    }
    #expect(margin(steps) == best, "\(steps)")
    #expect(ladder.layout.nodes(steps) <= ladder.totals[rung - 1])
  }

  @Test("units are counted in words")
  func words() throws {
    let layout = try layout()

    #expect(layout.words([2, 1]) == "26 nodes: 2 prefill units and 1 decode unit")
    #expect(
      layout.settings([2, 1]) == [
        Setting("service.prefill.units", "2"), Setting("service.decode.units", "1"),
        Setting("cluster.nodes", "26"),
      ])
  }
}
