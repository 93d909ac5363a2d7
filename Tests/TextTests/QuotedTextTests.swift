import Testing

@testable import Text

@Suite("Text on its way to a terminal")
struct QuotedTextTests {
  @Test("nothing moves the cursor, colours or turns the text; lines and tabulators stay")
  func terminal() {
    #expect(terminalText("plain é, a\tb\r\nc\n") == "plain é, a\tb\r\nc\n")
    #expect(terminalText("\u{1b}[31mred\u{7}") == "\\u{1b}[31mred\\u{7}")
    #expect(terminalText("a\u{202e}b\u{9b}c\u{2028}") == "a\\u{202e}b\\u{9b}c\\u{2028}")
    #expect(terminalText("\0") == "\\u{0}")
  }

  @Test("a quoted text is one short line")
  func quotes() {
    #expect(quoted("a\nb") == "\"a\\u{a}b\"")
    #expect(quoted(String(repeating: "z", count: 3_000_000)).count == 65)
    let path = "/tmp/" + String(repeating: "a/", count: 40) + "counts.csv"
    #expect(quoted(path).hasPrefix("\"/tmp/a/"))
    #expect(quoted(path).hasSuffix("/counts.csv\""))
  }
}
