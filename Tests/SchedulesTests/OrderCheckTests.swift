import Testing

@testable import Schedules

@Suite("Checks of user-defined order files")
struct OrderCheckTests {
  private func problems(_ lines: String...) -> [String] {
    do {
      _ = try OrderText.checked(lines.joined(separator: "\n"))
      return []
    } catch {
      return error.all.map { "\($0.line):\($0.column): \"\($0.word)\": expected \($0.expected)" }
    }
  }

  private let head = "# schedule=mine pp=2 microbatches=1 placement=linear"

  @Test("an order that obeys the laws becomes a plan", arguments: ScheduleCatalogue.all.map(\.name))
  func sound(name: String) throws {
    let kind = try #require(ScheduleCatalogue.named(name))
    let plan = try kind.plan(.init(ranks: 4, microbatches: 8))

    #expect(try OrderText.checked(OrderText.render(plan)) == plan)
  }

  @Test("each violated law is reported at the word that violates it")
  func laws() {
    #expect(
      problems(head, "r0: F0@0 W0@0 B0@0 F0@0 F0@1", "", "r1: D0@1  F0@9") == [
        "2:10: \"W0@0\": expected B0@0 before it",
        "2:20: \"F0@0\": expected each pass once, but F0@0 comes earlier too",
        "2:25: \"F0@1\": expected F0@1 on rank 1, which holds stage 1",
        "4:11: \"F0@9\": expected microbatches below 1 and stages below 2",
      ])
  }

  @Test("a missing pass is reported at the line of its rank")
  func missing() {
    #expect(
      problems(head, "r0: F0@0 D0@0", "r1: F0@1 B0@1") == [
        "3:1: \"r1:\": expected W0@1 on this line too"
      ])
  }

  @Test("a deadlock is reported at the start of its cycle")
  func deadlock() {
    let found = problems(
      "# schedule=mine pp=2 microbatches=2 placement=linear",
      "r0: F0@0 B0@0 W0@0 F1@0 B1@0 W1@0", "r1: F1@1 F0@1 B1@1 W1@1 B0@1 W0@1")

    #expect(found.count == 1)
    #expect(found[0].hasPrefix("2:10: \"B0@0\": expected an order that can run; deadlock: rank 0"))
  }

  @Test("a violation of the notation is the only problem reported")
  func notation() {
    #expect(
      problems(head, "r0: F0@0 X0@0", "r1: F0@1") == [
        "2:10: \"X0@0\": expected F, B, W or D with microbatch@stage, such as F3@1, or F5@0|D2@7"
      ])
  }

  @Test("an order that lacks thousands of passes is refused with fifty of them")
  func many() {
    let cells = (0..<2_000).map { "F\($0)@0" }.joined(separator: " ")

    #expect(
      problems("# schedule=mine pp=1 microbatches=2000 placement=linear", "r0: " + cells).count
        == 50)
  }
}
