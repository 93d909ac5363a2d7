// Iteration over a Dictionary or a Set, whose order differs from process to process. They are
// recognised by name: names declared as one in the same file, or visible to other rooms as one.

extension SwiftTokens {
  /// Names declared with a Dictionary or Set as their type or first value.
  ///
  /// - Parameter onlyPublic: whether to omit names that other files cannot see.
  func unorderedNames(onlyPublic: Bool) -> Set<String> {
    var names: Set<String> = []
    for index in tokens.indices.dropFirst() {
      let isTyped = tokens[index].text == ":" && declaresUnordered(at: index + 1)
      let isAssigned = tokens[index].text == "=" && makesUnordered(at: index + 1)
      guard isTyped || isAssigned, tokens[index - 1].kind == .word else { continue }
      let start = max(0, index - 5)
      let isPublic = tokens[start..<index].contains {
        ["public", "package"].contains($0.text) && $0.line == tokens[index].line
      }
      let isProperty = index > 1 && ["var", "let"].contains(tokens[index - 2].text)
      if !onlyPublic || (isPublic && isProperty) { names.insert(tokens[index - 1].text) }
    }
    return names
  }

  /// Iterations over the named collections, or over a Set made in place, that nothing sorts.
  ///
  /// A comment on the line, or on the line above, may say why the order has no effect.
  func unorderedWalks(over names: Set<String>) -> [Offence] {
    var offences: [Offence] = []
    for index in tokens.indices.dropFirst() {
      guard isUnordered(index, names), isWalked(index), !isExplained(tokens[index].line) else {
        continue
      }
      offences.append(
        Offence(
          line: tokens[index].line,
          message: "`\(tokens[index].text)` has no fixed order: keep an array, or `.sorted`"))
    }
    return offences
  }

  private func isUnordered(_ index: Int, _ names: Set<String>) -> Bool {
    guard tokens[index].kind == .word else { return false }
    let isMade = tokens[index].text == "Set" && at(index + 1) == "("
    return isMade || names.contains(tokens[index].text)
  }

  /// Whether the collection at `index` is a loop's source, or the base of an iterating call.
  private func isWalked(_ index: Int) -> Bool {
    var end = index + 1
    if tokens[index].text == "Set" { end = afterParentheses(at: end) }
    if at(end) == "." {
      let calls: Set = [
        "map", "flatMap", "compactMap", "forEach", "reduce", "first", "keys", "values",
        "enumerated", "joined", "randomElement", "popFirst", "min", "max",
      ]
      return calls.contains(at(end + 1)) && !isSorted(from: end)
    }
    var start = index
    while start >= 2 && tokens[start - 1].text == "." { start -= 2 }
    let isLoop = start > 0 && tokens[start - 1].text == "in" && isLoopHeader(end)
    let isArray = start > 1 && at(start - 1) == "(" && at(start - 2) == "Array" && at(end) == ")"
    return isLoop || (isArray && !isSorted(from: end))
  }

  private func isLoopHeader(_ end: Int) -> Bool { at(end) == "{" || at(end) == "where" }

  /// Whether a call to `sorted` follows in the same chain.
  private func isSorted(from index: Int) -> Bool {
    var next = index
    while next < tokens.count, tokens[next].text != "sorted" {
      switch tokens[next].text {
      case "(", "{": next = afterParentheses(at: next)
      case "}", "=", "let", "var", "return", "for": return false
      default: next += 1
      }
    }
    return next < tokens.count
  }

  private func afterParentheses(at open: Int) -> Int {
    var depth = 0
    for index in open..<tokens.count where tokens[index].kind == .punctuation {
      if ["(", "[", "{"].contains(tokens[index].text) { depth += 1 }
      if [")", "]", "}"].contains(tokens[index].text) { depth -= 1 }
      if depth == 0 { return index + 1 }
    }
    return tokens.count
  }

  private func declaresUnordered(at start: Int) -> Bool {
    let first = at(start) == "inout" ? start + 1 : start
    if ["Set", "Dictionary"].contains(at(first)) { return at(first + 1).hasPrefix("<") }
    guard at(first) == "[" else { return false }
    let close = afterParentheses(at: first)
    let isDictionary = (first..<close).contains { tokens[$0].text == ":" }
    return isDictionary && !(first..<close).contains { tokens[$0].text == "(" }
  }

  private func makesUnordered(at start: Int) -> Bool {
    let isSet = at(start) == "Set" && ["(", "<"].contains(at(start + 1))
    let isDictionary = at(start) == "Dictionary" && ["(", "<"].contains(at(start + 1))
    return isSet || isDictionary || (at(start) == "[" && declaresUnordered(at: start))
  }

  private func at(_ index: Int) -> String {
    tokens.indices.contains(index) ? tokens[index].text : ""
  }
}
