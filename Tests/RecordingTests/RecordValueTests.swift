import Testing

@testable import Recording

@Suite("A record value")
struct RecordValueTests {
  private let row: RecordValue = [
    "layer": 3, "time_s": 0.5, "name": "up", "is_last": true, "bound": nil as Double?,
    "visits": [1, 2],
  ]

  @Test("distinguishes kinds of values, and keeps members in the given order")
  func literal() {
    #expect(row.members.map(\.name) == ["layer", "time_s", "name", "is_last", "bound", "visits"])
    #expect(row["layer"] == .integer(3) && row["layer"] != .real(3))
    #expect(row["is_last"] == .bool(true) && row["bound"] == .null)
    #expect(row["visits"] == .array([.integer(1), .integer(2)]))
  }

  @Test("returns the numbers, words and items of values that have them, and nothing of others")
  func reading() {
    #expect(row["layer"].number == 3 && row["time_s"].number == 0.5 && row["name"].number == nil)
    #expect(row["name"].words == "up" && row["layer"].words.isEmpty)
    #expect(row["visits"].items.count == 2 && row["name"].items.isEmpty)
    #expect(row["absent"] == .null && row["layer"]["absent"] == .null)
  }

  @Test("equals another only if all members are equal and in the same order")
  func equality() {
    #expect(row == row)
    #expect((["a": 1, "b": 2] as RecordValue) != ["b": 2, "a": 1])
    #expect((["a": 1] as RecordValue) != ["a": 1, "b": 2])
  }
}
