// Rules that need the tokens of one file: assertions in tests, and assumptions.

extension SwiftTokens {
  /// The word `public` before declarations.
  var publicWords: [Offence] {
    tokens.filter { $0.kind == .word && $0.text == "public" }.map {
      Offence(line: $0.line, message: "`public` is for libraries: write `package`")
    }
  }

  /// Functions marked `@Test`.
  var testFunctions: [FunctionSpan] {
    let spans = Dictionary(functions.map { ($0.keyword, $0) }) { first, _ in first }
    return tokens.indices.compactMap { index in
      guard tokens[index].text == "@", index + 1 < tokens.count, tokens[index + 1].text == "Test"
      else { return nil }
      let keyword = tokens[index...].firstIndex { $0.kind == .word && $0.text == "func" }
      return keyword.flatMap { spans[$0] }
    }
  }

  /// Names of functions whose bodies assert, directly or through one of `helpers`.
  func assertingFunctions(helpers: Set<String> = []) -> Set<String> {
    Set(functions.filter { asserts($0, helpers: helpers) }.map(\.name))
  }

  /// Whether a body contains an assertion or calls a helper that does.
  func asserts(_ function: FunctionSpan, helpers: Set<String>) -> Bool {
    function.body.contains { index in
      let text = tokens[index].text
      let next = index + 1 < tokens.count ? tokens[index + 1].text : ""
      guard tokens[index].kind != .string else { return false }
      if text == "#" { return next == "expect" || next == "require" }
      if text == "Issue" { return next == "." && tokens[index + 2].text == "record" }
      return (next == "(" || next == "{") && (text == "confirmation" || helpers.contains(text))
    }
  }

  /// Names of the form `assumedPrice` that the file declares, in order.
  var assumptions: [String] {
    tokens.indices.dropFirst().compactMap { index in
      let name = tokens[index].text
      let isDeclared = ["let", "var", "case", "func"].contains(tokens[index - 1].text)
      let letter = name.dropFirst("assumed".count).first
      guard isDeclared, name.hasPrefix("assumed"), letter?.isUppercase == true else { return nil }
      return name
    }
  }

  /// String literals that follow a label or name, for example `name: "1f1b"`.
  func texts(labelled label: String) -> [String] {
    tokens.indices.dropFirst(2).compactMap { index in
      guard tokens[index].kind == .string, tokens[index - 1].text == ":",
        tokens[index - 2].text == label
      else { return nil }
      return tokens[index].text
    }
  }
}
