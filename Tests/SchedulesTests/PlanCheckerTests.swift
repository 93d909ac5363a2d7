import Testing

@testable import Schedules

@Suite("Plan checker and order text")
struct PlanCheckerTests {
  private func plan(_ lines: String..., head: String = "pp=2 microbatches=1 placement=linear")
    throws -> Plan
  {
    try OrderText.parse((["# schedule=mine \(head)"] + lines).joined(separator: "\n"))
  }

  @Test("a deadlock names the ranks and cells that wait for each other")
  func deadlock() throws {
    let crossed = try plan(
      "r0: F0@0 B0@0 W0@0 F1@0 B1@0 W1@0", "r1: F1@1 F0@1 B1@1 W1@1 B0@1 W0@1",
      head: "pp=2 microbatches=2 placement=linear")
    let problem = try #require(PlanChecker.problems(in: crossed).first)
    #expect(
      problem.description
        == "deadlock: rank 0 waits at B0@0 for B0@1 of rank 1; "
        + "rank 1 waits at F1@1 for F1@0 of rank 0"
    )
    #expect(throws: DeadlockProblem.self) { try evaluate(crossed, .unit) }
  }

  @Test("a missing input gradient stops the evaluation by name")
  func missingInput() throws {
    let holed = try plan("r0: F0@0 B0@0 W0@0", "r1: F0@1")
    let deadlock = try #require(throws: DeadlockProblem.self) { try evaluate(holed, .unit) }

    #expect(deadlock.cycle.isEmpty)
    #expect(
      deadlock.description
        == "deadlock: rank 0 waits at B0@0 for B0@1 which the plan does not have")
  }

  @Test("missing, repeated, misplaced and early passes are each named")
  func laws() throws {
    let broken = try plan("r0: F0@0 W0@0 B0@0 F0@0 F0@1", "r1: D0@1 F0@9")
    let texts = PlanChecker.problems(in: broken).map(\.description)
    #expect(
      texts == [
        "rank 0: W0@0 comes before B0@0", "rank 0: F0@0 is listed twice",
        "rank 0: F0@1 belongs on rank 1",
        "rank 1: F0@9 names a microbatch or stage that does not exist",
      ])
    let short = try plan("r0: F0@0 D0@0", "r1: F0@1 B0@1")
    #expect(PlanChecker.problems(in: short).map(\.description) == ["rank 1: W0@1 is missing"])
  }

  @Test("a backward before its forward on the same rank is named")
  func earlyBackward() throws {
    let early = try plan("r0: F0@0 D0@0", "r1: D0@1 F0@1")
    #expect(
      PlanChecker.problems(in: early).map(\.description) == ["rank 1: B0@1 comes before F0@1"])
  }

  @Test("a plan with too few ranks is reported and not simulated")
  func rankCount() throws {
    var plan = try ScheduleKind.gPipe.plan(.init(ranks: 3, microbatches: 2))
    plan.cells.removeLast()
    #expect(PlanChecker.problems(in: plan) == [.rankCount(found: 2, expected: 3)])
  }

  @Test("an overlapped pair of the same work can never start")
  func selfOverlap() throws {
    let circular = try plan(
      "r0: F0@0|D0@0", head: "pp=1 microbatches=1 placement=linear")
    #expect(PlanChecker.problems(in: circular).count == 1)
  }

  @Test(
    "an order text's error names line, column and word",
    arguments: [
      ("", "1:1", ""), ("r0: F0@0", "1:1", "r0:"),
      ("# schedule=x pp=1 microbatches=1", "1:1", "#"),
      ("# schedule=x pp=0 microbatches=1 placement=linear", "1:14", "pp=0"),
      ("# schedule=x pp=1 microbatches=1 placement=round", "1:34", "placement=round"),
      ("# schedule=x pp=1 microbatches=1 colour=red", "1:34", "colour=red"),
      ("# schedule=x pp=1 microbatches=1 placement=interleaved", "1:1", "#"),
      ("# schedule=dualpipe pp=2 microbatches=4 placement=linear", "1:1", "#"),
      ("# schedule=1f1b pp=1 microbatches=1\nr1: F0@0", "2:1", "r1:"),
      ("# schedule=1f1b pp=1 microbatches=1\nr0: F0@0 D0", "2:10", "D0"),
      ("# schedule=1f1b pp=1 microbatches=1\nr0: F0@0 X0@0", "2:10", "X0@0"),
      ("# schedule=1f1b pp=1 microbatches=1\nr0: F0@0 F-1@0", "2:10", "F-1@0"),
      ("# schedule=1f1b pp=1 microbatches=1\nr0: F0@0|B0@0", "2:5", "F0@0|B0@0"),
      (
        "# schedule=1f1b pp=1 microbatches=1\nr0: F99999999999999999999@0", "2:5",
        "F99999999999999999999@0"
      ),
      ("# schedule=1f1b pp=1 microbatches=1\nr0: F0@0 D0@0\nr1: F0@0", "3:1", "r1:"),
      ("# schedule=1f1b pp=2 microbatches=1\nr0: F0@0 D0@0", "2:1", ""),
      ("# schedule=1f1b pp=1 microbatches=999999\nr0: F0@0 D0@0", "2:1", ""),
    ])
  func parsing(text: String, place: String, word: String) {
    do {
      _ = try OrderText.parse(text)
      Issue.record("it was read")
    } catch {
      #expect(error.all.map { "\($0.line):\($0.column)" } == [place])
      #expect(error.all.first?.word == word)
    }
  }

  @Test("comments, empty lines and DOS line endings are ignored")
  func leniency() throws {
    let text = "# schedule=1f1b pp=1 microbatches=1\r\n\r\n# a remark\r\nr0:  F0@0\tD0@0\r\n"
    #expect(
      try OrderText.parse(text)
        == ScheduleKind.oneForwardOneBackward.plan(
          .init(ranks: 1, microbatches: 1)))
  }

  @Test("a plan is drawn with one line of characters per rank")
  func drawing() throws {
    let small = try ScheduleKind.oneForwardOneBackward.plan(.init(ranks: 2, microbatches: 2))
    #expect(try PlanDrawing.lanes(small) == "r0 |01..aA.bB|\nr1 |.0aA1bB..|\n")
    for kind in ScheduleCatalogue.all {
      let plan = try kind.plan(.init(ranks: 4, microbatches: 8))
      let lanes = try PlanDrawing.lanes(plan).split(separator: "\n")
      let width = try evaluate(plan, .unit).makespan
      #expect(lanes.count == 4 && lanes.allSatisfy { Double($0.count) == width + 5 })
    }
  }
}
