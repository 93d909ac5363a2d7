import Testing

@testable import Schedules

@Suite("Catalogue of schedules")
struct CatalogueTests {
  @Test("names and aliases are unique and each finds its own schedule")
  func unique() {
    var seen: Set<String> = []
    for kind in ScheduleCatalogue.all {
      for name in [kind.name] + kind.aliases {
        #expect(seen.insert(name.lowercased()).inserted, "\(name)")
        #expect(ScheduleCatalogue.named(name)?.name == kind.name)
        #expect(ScheduleCatalogue.named(name.uppercased())?.name == kind.name)
      }
    }
  }

  @Test("each schedule states its source, its constraint and its memory")
  func described() {
    for kind in ScheduleCatalogue.all {
      #expect(!kind.paper.isEmpty && kind.constraints.hasSuffix(".") && kind.memory.hasSuffix("."))
    }
  }

  @Test(
    "a name is found regardless of dashes and case",
    arguments: [
      ("ZB-H1", "zb_h1"), ("zb1p", "zb_h1"), ("DualPipe", "dualpipe"), ("V-Half", "v_half"),
    ])
  func spelling(text: String, name: String) {
    #expect(ScheduleCatalogue.named(text)?.name == name)
  }

  @Test("an unknown name is reported with the known ones and the nearest")
  func unknown() {
    let found = ScheduleCatalogue.unknown("dualpip")

    #expect(found.message == "\"dualpip\" is not a schedule")
    #expect(found.advice.count == 1)
    #expect(found.advice[0].hasPrefix("known: gpipe, 1f1b, "))
    #expect(found.advice[0].hasSuffix("   did you mean \"dualpipe\"?"))
  }

  @Test(
    "a refusal names field, value, rule and the nearest legal value",
    arguments: [
      (
        "dualpipe", 16, 30,
        "microbatches=30: DualPipe with pp=16 needs an even number >= 32, nearest is 32"
      ),
      ("dualpipe", 7, 30, "ranks=7: DualPipe needs an even number, nearest is 8"),
      ("dualpipe", 1, 8, "ranks=1: DualPipe needs an even number, nearest is 2"),
      (
        "dualpipe", 4, 9,
        "microbatches=9: DualPipe with pp=4 needs an even number >= 8, nearest is 10"
      ),
      ("chimera", 8, 20, "microbatches=20: Chimera needs a multiple of pp=8, nearest is 24"),
      ("zb_h2", 4, 4, "microbatches=4: ZB-H2 needs >= 2*pp-1=7, nearest is 7"),
      ("1f1b", 0, 4, "ranks=0: 1F1B needs at least 1, nearest is 1"),
      ("gpipe", 4, -2, "microbatches=-2: GPipe needs at least 1, nearest is 1"),
    ])
  func refusals(name: String, ranks: Int, microbatches: Int, text: String) throws {
    let kind = try #require(ScheduleCatalogue.named(name))
    let sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches)
    #expect(kind.refusal(of: sizes)?.description == text)
  }

  @Test(
    "absurd sizes are refused before anything is allocated",
    arguments: ScheduleCatalogue.all.map(\.name))
  func absurd(_ name: String) throws {
    let kind = try #require(ScheduleCatalogue.named(name))
    for (ranks, microbatches) in [(Int.max, 4), (4, Int.max), (1 << 21, 1 << 21), (Int.min, 1)] {
      #expect(throws: ScheduleRefusal.self) {
        try kind.plan(.init(ranks: ranks, microbatches: microbatches))
      }
    }
  }

  @Test("chunks are refused if the schedule has a fixed number")
  func chunks() throws {
    let three = ScheduleSizes(ranks: 4, microbatches: 8, chunks: 3)
    let refusal = try #require(ScheduleKind.zeroBubbleV.refusal(of: three))
    #expect(refusal.description == "chunks=3: ZB-V holds exactly 2 on each rank, nearest is 2")
    #expect(ScheduleKind.oneForwardOneBackward.refusal(of: three)?.field == "chunks")
    #expect(ScheduleKind.interleaved.refusal(of: three) == nil)
    let one = ScheduleSizes(ranks: 4, microbatches: 8, chunks: 1)
    #expect(ScheduleKind.interleaved.refusal(of: one)?.nearestLegal == 2)
  }

  @Test("impossible durations are refused, all at once")
  func durations() throws {
    #expect(throws: DurationProblem.self) {
      try CellDurations(forward: .nan, backwardInput: 1, backwardWeight: 1)
    }
    #expect(throws: DurationProblem.self) {
      try CellDurations(forward: 0, backwardInput: 0, backwardWeight: 0)
    }
    #expect(throws: DurationProblem.self) {
      try CellDurations(forward: 1, backwardInput: 1, backwardWeight: 1, overlapped: 1.5)
    }
    do {
      _ = try CellDurations(
        forward: -1, backwardInput: 1, backwardWeight: 1, transfer: .infinity)
      Issue.record("not refused")
    } catch {
      #expect(error.sentences.count == 2)
    }
  }
}
