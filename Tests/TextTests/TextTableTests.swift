import Testing

@testable import Text

@Suite("Tables and prose")
struct TextTableTests {
  @Test("columns are aligned, and no line ends with a space")
  func columns() {
    var table = TextTable(columns: [("name", .left), ("n", .right)], indent: 2)
    table.addRow(["a", "10"])
    table.addRow(["long", "1"])

    #expect(table.text == "  name   n\n  ----  --\n  a     10\n  long   1\n")
  }

  @Test("control characters for terminals are printed visibly, not executed")
  func terminal() {
    var table = TextTable(columns: [(title: "", alignment: .left)])

    table.addRow(["\u{1b}[31mred\n"])

    #expect(table.text == "\\u{1b}[31mred\\n\n")
  }

  @Test("prose is wrapped at spaces; a word longer than the width has a line of its own")
  func wrapping() {
    #expect(wrappedText("one two  three four", width: 9) == ["one two", "three", "four"])
    #expect(wrappedText("a incomprehensible b", width: 5) == ["a", "incomprehensible", "b"])
    #expect(wrappedText("", width: 5) == [])
  }
}
