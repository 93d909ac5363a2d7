import Testing

@testable import Experiments

@Suite("Shared costs")
struct SharedCostsTests {
  private struct Number: Equatable { var value: Int }
  private struct Letter: Equatable { var value: String }

  @Test("the value asked for least recently goes first, and values of other keys stay")
  func eviction() {
    let shared = SharedCosts(limit: 2)
    var made: [String] = []
    func number(_ value: Int) -> String {
      shared.value(for: Number(value: value)) {
        made.append("\(value)")
        return "value \(value)"
      }
    }
    func letter(_ value: String) -> String {
      shared.value(for: Letter(value: value)) {
        made.append(value)
        return "value \(value)"
      }
    }

    var values = [number(1), number(2), letter("a"), letter("b")]
    values += [number(1), number(3), number(1), number(2), letter("a"), letter("b")]

    #expect(made == ["1", "2", "a", "b", "3", "2"])
    let asked = ["1", "2", "a", "b", "1", "3", "1", "2", "a", "b"]
    #expect(values == asked.map { "value \($0)" })
  }
}
