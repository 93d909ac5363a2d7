import Testing

@testable import Text

@Suite("Tables and prose")
struct TextTableTests {
  @Test("columns line up on their side, and no line ends with a space")
  func columns() {
    var table = TextTable(columns: [("name", .left), ("n", .right)], indent: 2)
    table.addRow(["a", "10"])
    table.addRow(["long", "1"])

    #expect(table.text == "  name   n\n  ----  --\n  a     10\n  long   1\n")
  }

  @Test("text that would steer a terminal is shown, not obeyed")
  func terminal() {
    var table = TextTable(columns: [(title: "", alignment: .left)])

    table.addRow(["\u{1b}[31mred\n"])

    #expect(table.text == "\\u{1b}[31mred\\n\n")
  }

  @Test("prose breaks at spaces into lines of a width; a longer word has a line of its own")
  func wrapping() {
    #expect(wrappedText("one two  three four", width: 9) == ["one two", "three", "four"])
    #expect(wrappedText("a incomprehensible b", width: 5) == ["a", "incomprehensible", "b"])
    #expect(wrappedText("", width: 5) == [])
  }
}
