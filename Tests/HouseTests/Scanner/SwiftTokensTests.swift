import Testing

@Suite("Swift source as tokens")
struct SwiftTokensTests {
  private func texts(_ source: String) -> [String] { SwiftTokens(source).tokens.map(\.text) }

  @Test("words, operators and brackets")
  func code() {
    #expect(
      texts("let x = a.b[0]! != -1")
        == ["let", "x", "=", "a", ".", "b", "[", "0", "]", "!", "!=", "-", "1"])
  }

  @Test("lines are counted from one, through comments and strings")
  func lineNumbers() {
    let source = "a /* x\n/* y */ z */ b\n\"\"\"\n  c\n  \"\"\" // d\ne"
    let tokens = SwiftTokens(source)

    #expect(tokens.tokens.map(\.line) == [1, 2, 3, 6])
    #expect(tokens.comments.map(\.line) == [1, 5])
  }

  @Test("strings keep their text and yield their code as tokens")
  func strings() {
    let nested = texts(#"f("a \(b("c")) d \" e")"#)

    #expect(nested == ["f", "(", "a  d \\\" e", "(", "b", "(", "c", ")", ")", ")"])
    #expect(texts(##"#"a \(b) \#(c)"#"##) == [#"a \(b) "#, "(", "c", ")"])
  }

  @Test("a slash begins a comment only together with its partner")
  func slashes() {
    #expect(texts("a / b // c") == ["a", "/", "b"])
    #expect(texts("x.contains(#/ab*/# )") == ["x", ".", "contains", "(", "ab*", ")"])
  }

  @Test(
    "unclosed pieces end at the end of the file", arguments: ["\"a", "/* a", "`a", "#/a", "\"\\(a"])
  func unclosed(source: String) {
    #expect(SwiftTokens(source).tokens.count + SwiftTokens(source).comments.count >= 1)
  }
}
