import Testing
import Units

@Suite("A table with one row per case")
struct EnumTableTests {
  private enum Pair: String, CaseIterable { case yes, no }
  private enum Named: Int, CaseIterable {
    case third = 3
    case first = 1
    case second = 2
  }

  @Test("indexes cases in the order of their declaration, whatever their raw values")
  func indices() {
    #expect(Pair.allCases.map(\.caseIndex) == [0, 1])
    #expect(Named.allCases.map(\.caseIndex) == [0, 1, 2])
  }

  @Test("keeps a value for each case")
  func values() {
    var table = EnumTable<Named, String> { "\($0)" }
    table[.first] += "!"
    #expect(Named.allCases.map { table[$0] } == ["third", "first!", "second"])
  }
}
