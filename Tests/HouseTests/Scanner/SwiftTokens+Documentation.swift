// Declarations that other files can see, and whether each has a doc comment.

/// A declaration at file level or in a type that is not private.
struct VisibleDeclaration: Equatable {
  /// `func`, `struct`, `var` ...
  var keyword: String
  var name: String
  /// Line of the keyword, 1-based.
  var line: Int
  var isDocumented: Bool
  /// Index of the keyword's token.
  var index: Int
  /// Whether it is in a protocol.
  var isRequirement: Bool
}

extension SwiftTokens {
  /// Visible declarations that lack a doc comment and are not clear without one.
  ///
  /// Exempt are operators, witnesses of protocols, initializers that only store their parameters,
  /// variables named like their type (`phase: Phase`), cases on the line below a documented one,
  /// and declarations documented by text: command arguments with `help:`, and constants whose value
  /// contains a phrase (a scenario key, a schedule, a metric).
  ///
  /// - Parameter requirements: names of requirements in the house's own protocols; initializers
  ///   with their first label, such as `init(_ value:`.
  func undocumented(requirements: Set<String> = []) -> [Offence] {
    var documentedCase = 0
    let declarations = visibleDeclarations
    let ends = declarations.dropFirst().map(\.index) + [tokens.count]
    return zip(declarations, ends).compactMap { declaration, end in
      let continuesCases = declaration.keyword == "case" && declaration.line == documentedCase + 1
      if declaration.keyword == "case", declaration.isDocumented || continuesCases {
        documentedCase = declaration.line
      }
      guard !declaration.isDocumented, !continuesCases,
        !requirements.contains(declaration.name), !needsNoDocumentation(declaration),
        !containsPhrase(declaration, end: end)
      else { return nil }
      return Offence(
        line: declaration.line,
        message: "`\(declaration.keyword) \(declaration.name)` has no doc comment")
    }
  }

  /// Names of the requirements in the file's protocols, each of which needs its own doc comment.
  var protocolRequirements: [String] {
    visibleDeclarations.filter { $0.isRequirement && $0.isDocumented && !$0.name.isEmpty }
      .map(\.name)
  }

  /// Every declaration in the file that another file can see, in order.
  var visibleDeclarations: [VisibleDeclaration] {
    let documented = Set(comments.filter { $0.text.hasPrefix("///") }.map(\.line))
    var declarations: [VisibleDeclaration] = []
    var scopes: [Scope] = []
    var pending: Scope?
    var depth = 0
    for index in tokens.indices where tokens[index].kind != .string {
      switch tokens[index].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{":
        scopes.append(pending ?? Scope(kind: "", isVisible: false, outerDepth: depth))
        scopes[scopes.count - 1].outerDepth = depth
        (pending, depth) = (nil, 0)
      case "}": depth = scopes.popLast()?.outerDepth ?? 0
      default:
        let isOpen = depth == 0 && scopes.allSatisfy(\.isVisible)
        guard isOpen, declares(index, in: scopes.last?.kind ?? "") else { continue }
        let start = declarationStart(index)
        let keyword = tokens[index].text
        if typeKeywords.contains(keyword) || keyword == "extension" {
          pending = Scope(kind: keyword, isVisible: !start.isPrivate, outerDepth: depth)
        }
        guard !start.isPrivate, keyword != "extension" else { continue }
        declarations.append(
          VisibleDeclaration(
            keyword: keyword, name: declaredName(index),
            line: tokens[index].line,
            isDocumented: documented.contains(tokens[start.first].line - 1), index: index,
            isRequirement: scopes.last?.kind == "protocol"))
      }
    }
    return declarations
  }

  private func declaredName(_ index: Int) -> String {
    guard ["init", "subscript"].contains(tokens[index].text) else { return tokens[index + 1].text }
    let head = tokens[index...].prefix { $0.text != ":" && $0.text != ")" }
    return head.map { ($0.kind == .word && $0.followsSpace ? " " : "") + $0.text }.joined()
      .trimmed + ":"
  }

  private struct Scope {
    /// The type's keyword; empty for a body or a closure.
    var kind: String
    var isVisible: Bool
    var outerDepth: Int
  }

  private func declares(_ index: Int, in scope: String) -> Bool {
    let text = tokens[index].text
    guard index + 1 < tokens.count, tokens[index + 1].kind == .word || text != "class" else {
      return false
    }
    let previous = index > 0 ? tokens[index - 1].text : ""
    switch text {
    case "func", "var", "init", "subscript": return isFunctionKeyword(index)
    case "let", "typealias", "associatedtype": return previous != "case"
    case "case": return scope == "enum"
    case "class": return !["func", "var", "subscript"].contains(tokens[index + 1].text)
    case "extension": return true
    default: return typeKeywords.contains(text) && previous != "import" && previous != "."
    }
  }

  /// The first token of the declaration, and whether it is hidden from other files.
  private func declarationStart(_ keyword: Int) -> (first: Int, isPrivate: Bool) {
    var (first, isPrivate) = (keyword, false)
    while first > 0 {
      var word = first - 1
      var hasArguments = false
      if tokens[word].text == ")", let open = openingParenthesis(of: word), open > 0 {
        word = open - 1
        hasArguments = true
      }
      guard tokens[word].kind == .word else { break }
      if word > 0, tokens[word - 1].text == "@" {
        // Visible to the inliner only, otherwise private to the file's type.
        isPrivate = isPrivate || tokens[word].text == "usableFromInline"
        first = word - 1
      } else if modifiers.contains(tokens[word].text) {
        let hides = ["private", "fileprivate"].contains(tokens[word].text)
        isPrivate = isPrivate || (hides && !hasArguments)
        first = word
      } else {
        break
      }
    }
    return (first, isPrivate)
  }

  private func openingParenthesis(of close: Int) -> Int? {
    var depth = 0
    for index in stride(from: close, through: 0, by: -1) where tokens[index].kind == .punctuation {
      if tokens[index].text == ")" { depth += 1 }
      if tokens[index].text == "(" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  private func needsNoDocumentation(_ declaration: VisibleDeclaration) -> Bool {
    if declaration.keyword == "func", tokens[declaration.index + 1].kind == .punctuation {
      return true
    }
    if ["func", "var", "let", "typealias"].contains(declaration.keyword) {
      if isNamedLikeItsType(declaration) { return true }
      if witnesses.contains(declaration.name) { return true }
      let start = declarationStart(declaration.index).first
      return (start..<declaration.index).contains {
        tokens[$0].text == "@" && argumentAttributes.contains(tokens[$0 + 1].text)
      }
    }
    return declaration.keyword == "init" && onlyStores(declaration.index)
  }

  /// Whether the first value of a constant contains a text of several words that ends with a full
  /// stop.
  private func containsPhrase(_ declaration: VisibleDeclaration, end: Int) -> Bool {
    guard declaration.keyword == "let" else { return false }
    return tokens[declaration.index..<end].contains {
      $0.kind == .string && $0.text.split(separator: " ").count > 3
    }
  }

  /// Whether a variable is named like its type: `phase: Phase`, `metrics: [Metric]`.
  ///
  /// Types of the standard library say too little to be exempt.
  private func isNamedLikeItsType(_ declaration: VisibleDeclaration) -> Bool {
    guard declaration.keyword != "func", tokens.count > declaration.index + 3,
      tokens[declaration.index + 2].text == ":"
    else { return false }
    let isArray = tokens[declaration.index + 3].text == "["
    let position = declaration.index + (isArray ? 4 : 3)
    guard position < tokens.count else { return false }
    let type = tokens[position].text
    let name = declaration.name.lowercased()
    let singular = isArray && name.hasSuffix("s") ? String(name.dropLast()) : name
    return !plainTypes.contains(type) && type.lowercased().contains(singular)
  }

  /// Whether an initializer's body has only `self.x = x` lines, or calls of the same form.
  private func onlyStores(_ keyword: Int) -> Bool {
    guard let body = functions.first(where: { $0.keyword == keyword })?.body else { return false }
    let inner = Array(tokens[(body.lowerBound + 1)..<body.upperBound])
    guard !inner.isEmpty, inner.count.isMultiple(of: 5) else { return false }
    return stride(from: 0, to: inner.count, by: 5).allSatisfy { start in
      inner[start].text == "self" && inner[start + 1].text == "." && inner[start + 3].text == "="
        && inner[start + 2].text == inner[start + 4].text
    }
  }
}

private let typeKeywords: Set = ["struct", "enum", "class", "protocol", "actor"]

private let modifiers: Set = [
  "public", "open", "package", "internal", "private", "fileprivate", "static", "final", "class",
  "mutating", "nonmutating", "nonisolated", "indirect", "override", "consuming", "borrowing",
  "required", "convenience", "prefix", "postfix", "infix", "lazy", "weak", "unowned", "dynamic",
]

/// Members that are documented by the protocol that requires them.
private let witnesses: Set = [
  "hash", "encode", "next", "makeIterator", "index", "formIndex", "startIndex", "endIndex",
  "description", "debugDescription", "errorDescription", "rawValue", "allCases", "run", "validate",
  "configuration", "CodingKeys",
]

private let plainTypes: Set = ["Int", "Int64", "UInt64", "Double", "Float", "String", "Bool"]

private let argumentAttributes: Set = ["Argument", "Option", "Flag", "OptionGroup"]
