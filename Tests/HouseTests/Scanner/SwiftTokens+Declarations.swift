// Functions of formatted Swift with their length, and imported modules.

/// A function, initializer, subscript or computed property with a body.
struct FunctionSpan {
  var name: String
  /// Line of its keyword, 1-based.
  var line: Int
  /// Number of lines from keyword to closing brace, both included.
  var length: Int
  /// Index of the keyword's token.
  var keyword: Int
  /// Indices of the tokens from the opening brace to the closing one.
  var body: ClosedRange<Int>
}

extension SwiftTokens {
  /// Every body to which the function limit applies; nested ones are also listed separately.
  var functions: [FunctionSpan] {
    tokens.indices.compactMap { index in
      guard isFunctionKeyword(index), let open = bodyStart(after: index),
        let close = closingBrace(of: open)
      else { return nil }
      let hasName = ["func", "var"].contains(tokens[index].text)
      return FunctionSpan(
        name: tokens[hasName ? index + 1 : index].text, line: tokens[index].line,
        length: tokens[close].line - tokens[index].line + 1, keyword: index, body: open...close)
    }
  }

  /// Modules that the file imports, with their lines.
  var imports: [(module: String, line: Int)] {
    let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    return tokens.indices.compactMap { index in
      guard tokens[index].kind == .word, tokens[index].text == "import", index + 1 < tokens.count
      else { return nil }
      let isKind = kinds.contains(tokens[index + 1].text)
      guard !isKind || index + 2 < tokens.count else { return nil }
      return (tokens[isKind ? index + 2 : index + 1].text, tokens[index].line)
    }
  }

  /// Whether a function, initializer, subscript or variable is declared at a token.
  func isFunctionKeyword(_ index: Int) -> Bool {
    let token = tokens[index]
    guard token.kind == .word, index + 1 < tokens.count else { return false }
    if index > 0 && tokens[index - 1].text == "." { return false }
    let next = tokens[index + 1].text
    switch token.text {
    case "func", "var": return true
    case "init": return ["(", "?", "<", "!"].contains(next)
    case "subscript": return next == "(" || next == "<"
    case "deinit": return next == "{"
    default: return false
    }
  }

  /// The brace that opens the body, or nil for requirements, stored properties and patterns.
  private func bodyStart(after keyword: Int) -> Int? {
    let isProperty = tokens[keyword].text == "var"
    let continues: Set = ["where", "throws", "rethrows", "async", "->", "{", "("]
    let expectsMore: Set = ["->", "where", ",", ":", "&", "=="]
    var depth = 0
    var index = tokens[keyword].text == "func" ? keyword + 2 : keyword + 1
    while index < tokens.count {
      let (token, previous) = (tokens[index], tokens[index - 1])
      if depth == 0 {
        if token.text == "{" && token.kind == .punctuation { return index }
        let isEnd = token.text == "}" || token.text == ";"
        if isEnd || (isProperty && ["=", "in"].contains(token.text)) { return nil }
        let isNewLine = token.line > previous.line && index > keyword + 1
        if isNewLine && !continues.contains(token.text) && !expectsMore.contains(previous.text) {
          return nil
        }
      }
      if token.kind == .punctuation {
        if token.text == "(" || token.text == "[" { depth += 1 }
        if token.text == ")" || token.text == "]" { depth -= 1 }
      }
      if depth < 0 { return nil }
      index += 1
    }
    return nil
  }

  /// The brace that closes the one at a token.
  func closingBrace(of open: Int) -> Int? {
    var depth = 0
    for index in open..<tokens.count where tokens[index].kind == .punctuation {
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }
}
