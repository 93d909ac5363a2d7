// A plan as a graph ends when its evaluation ends.

import Testing

@testable import Schedules

@Suite("A plan as a graph")
struct PlanGraphTests {
  @Test(
    "ends when the evaluation with the same durations ends",
    arguments: ScheduleCatalogue.all.filter { !$0.ordersByDuration }.map(\.name))
  func makespan(schedule: String) throws {
    let kind = try #require(ScheduleCatalogue.named(schedule))
    var compared = 0
    for ranks in [2, 4, 8] {
      let sizes = ScheduleSizes(ranks: ranks, microbatches: 4 * ranks)
      guard kind.refusal(of: sizes) == nil else { continue }
      let plan = try kind.plan(sizes)
      let graph = try PlanGraph(plan) { _, _ in 0.25 }
      let durations = graph.kinds.indices.map { 0.5 + Double($0 * 7 % 13) / 8 }
      var table: [Cell: Double] = [:]
      for (kind, duration) in zip(graph.kinds, durations) { table[kind] = duration }

      let timeline = try evaluate(plan, transfer: 0.25) { _, cell in
        table[cell.ofFirstMicrobatch] ?? .nan
      }

      #expect(graph.makespan(durations) == timeline.makespan)
      compared += 1
    }
    #expect(compared > 0)
  }
}
