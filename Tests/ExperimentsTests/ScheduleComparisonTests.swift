import Foundation
import Recording
import Scenarios
import Testing

@testable import Experiments

@Suite("Comparisons of schedules")
struct ScheduleComparisonTests {
  private let tiny = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "scenarios/tiny-16gpu.yaml").path

  private func trials(_ axes: String..., schedules: [String]) throws -> [TrialRecord] {
    let grid = try ScenarioGrid(
      path: tiny, overrides: [], seed: nil, axes: axes.compactMap(GridAxis.init))
    return try ScheduleComparison(grid, programVersion: "test").run(schedules)
  }

  private func parameters(_ trial: TrialRecord) -> String {
    trial.parameters.map(\.value).joined(separator: " ")
  }

  @Test("a grid has every combination, the last axis fastest, each with every schedule")
  func grid() throws {
    let trials = try trials(
      "training.parallel.pipeline=2,1", "training.microbatches=8,4", schedules: ["gpipe", "1f1b"])

    #expect(
      trials.map(parameters) == [
        "2 8 gpipe", "2 8 1f1b", "2 4 gpipe", "2 4 1f1b", "1 8 gpipe", "1 8 1f1b", "1 4 gpipe",
        "1 4 1f1b",
      ])
    #expect(trials.map(\.index) == Array(0..<8))
  }

  @Test("INV-9: a comparison repeats to the last digit, whatever runs beside what")
  func repeatable() throws {
    let runs = try (0..<2).map { _ in
      try trials("training.microbatches=8,16", schedules: ["zb1p_auto", "dualpipe", "zb_v"])
    }

    for (first, second) in zip(runs[0], runs[1]) {
      guard case .ran(let a) = first.outcome, case .ran(let b) = second.outcome else {
        Issue.record("\(parameters(first)) did not run")
        continue
      }
      #expect(a.metrics == b.metrics)
      #expect(a.provenance == b.provenance)
    }
  }

  @Test("a schedule that does not take a point's sizes is refused there and only there")
  func refusals() throws {
    let trials = try trials("training.microbatches=3,8", schedules: ["dualpipe"])

    guard case .refused(let reason) = trials[0].outcome else {
      Issue.record("three microbatches were taken")
      return
    }
    #expect(reason.hasPrefix("microbatches=3: DualPipe with pp="))
    guard case .ran = trials[1].outcome else {
      Issue.record("eight microbatches were refused")
      return
    }
  }

  @Test("a point that is no scenario is refused with its problem; if all are, that is an error")
  func badPoints() throws {
    let trials = try trials("training.parallel.pipeline=2,1000", schedules: ["1f1b"])
    guard case .refused(let reason) = trials[1].outcome else {
      Issue.record("a thousand ranks were taken")
      return
    }
    #expect(reason.contains("\"1000\""))

    let misspelt = try #require(GridAxis("training.microbatchs=8,16"))
    #expect(throws: ScenarioError.self) {
      try ScenarioGrid(path: tiny, overrides: [], seed: nil, axes: [misspelt])
    }
  }

  @Test(
    "an axis is a key with different values",
    arguments: ["a", "=1", "a=", "a=1,", "a=1,1", "a=,1"])
  func badAxis(text: String) {
    #expect(GridAxis(text) == nil)
  }

  @Test("the front holds what nothing else betters in time or memory")
  func front() {
    let costs = [(3.0, 1.0), (1, 3), (2, 2), (2, 2), (2, 3), (3, 2), (4, 1)]
      .map { (first: $0.0, second: $0.1) }

    #expect(
      ParetoFront.members(costs) == [true, true, true, true, false, false, false])
    #expect(ParetoFront.members([]).isEmpty)
  }

  @Test("no member of a random front is bettered, everything else is", arguments: 1...20)
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
