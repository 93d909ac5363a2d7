import Recording
import Testing

@Suite("The ledger of a plan")
struct PlanLedgerTests {
  private func ledger(space: Int, bound: Double, value: Double) -> PlanLedger {
    PlanLedger(
      question: "layout", title: "t", objective: .stepTime, space: space,
      refusals: [.init(rule: "memory", count: 3, example: "a", reason: "b")],
      candidates: [
        .init(name: "a", settings: [], bound: bound, fate: .simulated, value: value, place: 1),
        .init(name: "b", settings: [], bound: 9, fate: .pruned),
      ])
  }

  @Test("INV-18: a space that is not the sum of its fates is a bug")
  func sums() throws {
    #expect(throws: BrokenInvariant.self) { try ledger(space: 6, bound: 1, value: 2).study() }

    let study = try ledger(space: 5, bound: 1, value: 2).study()

    #expect(study.values["space"].integer == 5)
    #expect(study.values["refused"].integer == 3)
    #expect(study.values["pruned"].integer == 1)
    #expect(study.values["simulated"].integer == 1)
  }

  @Test("INV-18: a value below its bound is a bug, an equal one is not")
  func bounds() throws {
    #expect(throws: BrokenInvariant.self) { try ledger(space: 5, bound: 2.1, value: 2).study() }

    try ledger(space: 5, bound: 2, value: 2).checkInvariants()
  }

  @Test("the settings of a candidate are stored as options of the command")
  func options() throws {
    let candidate = PlanLedger.Candidate(
      name: "a", settings: [Setting("a.b", "1"), Setting("c", nil), Setting("d", "[x, y]")],
      fate: .pruned)

    #expect(candidate.recorded["options"].words == "--set a.b=1 --unset c --set 'd=[x, y]'")
  }
}
