import Recording
import Schedules
import Testing
import Units

@testable import Training

@Suite("The timeline of a step")
struct StepTimelineTests {
  static let schedules = ["1f1b", "zb2p_auto", "dualpipe", "v_min", "interleaved", "chimera"]

  @Test("idle bars sum to the rank times of their cause", arguments: schedules)
  func idleSums(schedule: String) throws {
    let result = try SmallScenario(schedule: schedule, layers: 11).step().run(keepsTimeline: true)

    for rank in 0..<4 {
      let bars = result.spans.filter { $0.rank == rank && $0.stream == "idle" }
      for row in result.rankTimes where row.rank == rank && !row.activity.isBusy {
        let sum = bars.filter { $0.phase == row.phase && $0.label == row.activity.rawValue }
          .reduce(SimDuration.zero) { $0 + ($1.end - $1.start) }
        #expect(sum == row.time, "\(row)")
      }
      let total = bars.reduce(SimDuration.zero) { $0 + ($1.end - $1.start) }
      let idle = result.rankTimes.filter { $0.rank == rank && !$0.activity.isBusy }
      #expect(total == idle.reduce(.zero) { $0 + $1.time })
    }
  }

  @Test("INV-5: bars of one stream of one rank do not overlap", arguments: ["dualpipe", "zb_v"])
  func ordered(schedule: String) throws {
    let result = try SmallScenario(schedule: schedule).step().run(keepsTimeline: true)

    let streams = ["cells", "idle", "compute", "communication", "send_down", "send_up"]
    for rank in 0..<4 {
      for stream in streams {
        let bars = result.spans.filter { $0.rank == rank && $0.stream == stream }
        #expect(!bars.isEmpty || stream.hasPrefix("send"))
        #expect(zip(bars, bars.dropFirst()).allSatisfy { $0.end <= $1.start })
        #expect(bars.allSatisfy { $0.start < $0.end })
      }
    }
  }

  @Test("every cell of the plan has a bar, named as in order texts")
  func cells() throws {
    let step = try SmallScenario(schedule: "dualpipe").step()

    let bars = step.run(keepsTimeline: true).spans.filter { $0.stream == "cells" }

    let names = step.plan.cells.map { $0.map { OrderText.render($0) } }
    for rank in 0..<4 {
      #expect(bars.filter { $0.rank == rank }.map(\.label) == names[rank] + ["update"])
    }
  }

  @Test("memory rises from its static part to the peak, and returns", arguments: schedules)
  func memory(schedule: String) throws {
    let step = try SmallScenario(schedule: schedule).step()

    let points = step.run(keepsTimeline: true).memoryPoints

    for (rank, use) in step.memory.ranks.enumerated() {
      let own = points.filter { $0.rank == rank }.map(\.bytes.value)
      let peak = try #require(own.max())
      // The order of summation differs from the plan's: a few units in the last place.
      #expect(abs(peak / use.total - 1) < 1e-12)
      let (first, last) = (try #require(own.first), try #require(own.last))
      #expect(abs(last / first - 1) < 1e-12)
    }
  }

  @Test("a run without a timeline has the same figures")
  func none() throws {
    let step = try SmallScenario(schedule: "1f1b").step()

    let (bare, kept) = (step.run(), step.run(keepsTimeline: true))

    #expect(bare.spans.isEmpty && bare.memoryPoints.isEmpty)
    #expect(bare.metrics == kept.metrics && bare.fingerprint == kept.fingerprint)
  }
}
