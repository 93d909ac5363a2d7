// What the ranks of a plan hold against a walk over their cells.

import Schedules
import Testing
import Units

@testable import Training

@Suite("What the ranks of a plan hold")
struct HeldWorkTests {
  @Test("stages and peaks are those of a walk over the cells", arguments: ScheduleCatalogue.all)
  func walk(kind: ScheduleKind) throws {
    let plan = try kind.plan(
      ScheduleSizes(ranks: 4, microbatches: 12, chunks: kind.choosesChunks ? 3 : nil))
    var random = RandomStream(seed: 5, purpose: RandomPurpose("test.held"))
    let bytes = (0..<plan.stagesPerPath).map { _ in 1 + random.index(below: 9) }

    for (cells, held) in zip(plan.cells, plan.heldWork) {
      var (now, peak) = (0, 0)
      var stages: [Int] = []
      for cell in cells {
        if let work = cell.forwardWork {
          now += bytes[work.stage]
          if !stages.contains(work.stage) { stages.append(work.stage) }
        }
        peak = max(peak, now)
        if let work = cell.backwardWeightWork { now -= bytes[work.stage] }
      }
      let peaks = held.counts.map { zip($0, held.stages).map { $0 * bytes[$1] }.reduce(0, +) }
      #expect(held.stages == stages)
      #expect(peaks.max() == peak)
    }
  }
}
