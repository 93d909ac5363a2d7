// Swift source as words, operators, strings and comments: enough to check the house rules on
// formatted code, but not a parser. Bare regex literals (`/x/`) are read as operators: write
// `#/x/#`.

/// One piece of Swift source.
struct Token: Equatable, Sendable {
  /// The kind of a token.
  enum Kind: Equatable, Sendable {
    /// Identifiers, keywords and numbers.
    case word
    /// A string literal; `text` is its content without interpolated code.
    case string
    /// A run of operator characters, or one of `( ) [ ] { } , ; : . @ #`.
    case punctuation
  }

  var kind: Kind
  var text: String
  /// 1-based.
  var line: Int
  /// Whether white space or nothing precedes it.
  var followsSpace: Bool
}

/// A comment, one per `//` line or `/* */` block.
struct SourceComment: Equatable, Sendable {
  /// The text with its slashes.
  var text: String
  /// Line of its first character, 1-based.
  var line: Int
}

/// A file's tokens in order; code inside string interpolation follows the string's token.
struct SwiftTokens: Sendable {
  private(set) var tokens: [Token] = []
  private(set) var comments: [SourceComment] = []

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ source: String) {
    bytes = Array(source.utf8)
    readCode(insideInterpolation: false)
  }

  /// Reads to the end of the file, or to the parenthesis that closes an interpolation.
  private mutating func readCode(insideInterpolation: Bool) {
    var depth = 0
    while let byte = peek() {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
        advance()
      } else if starts(with: "//") {
        readLineComment()
      } else if starts(with: "/*") {
        readBlockComment()
      } else if startsString() {
        readString()
      } else if starts(with: "#/") {
        readRegex()
      } else if byte == UInt8(ascii: "`") {
        readQuotedWord()
      } else if isWord(byte) {
        read(.word) { $0.peek().map(isWord) ?? false }
      } else if isOperator(byte) {
        read(.punctuation) {
          $0.peek().map(isOperator) ?? false && !$0.starts(with: "//") && !$0.starts(with: "/*")
        }
      } else {
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") { depth -= 1 }
        var isFirst = true
        read(.punctuation) { _ in
          defer { isFirst = false }
          return isFirst
        }
        if insideInterpolation && depth == 0 { return }
      }
    }
  }

  private mutating func readLineComment() {
    let start = position
    while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
    comments.append(SourceComment(text: text(from: start), line: line))
  }

  private mutating func readBlockComment() {
    let (start, first) = (position, line)
    var depth = 0
    repeat {
      if starts(with: "/*") {
        depth += 1
        advance(2)
      } else if starts(with: "*/") {
        depth -= 1
        advance(2)
      } else {
        advance()
      }
    } while depth > 0 && peek() != nil
    comments.append(SourceComment(text: text(from: start), line: first))
  }

  /// Reads `"x"`, `"""x"""`, `#"x"#`; tokens of nested code follow the string's own.
  private mutating func readString() {
    let place = tokens.count
    var token = Token(kind: .string, text: "", line: line, followsSpace: followsSpace())
    tokens.append(token)
    var hashes = 0
    while peek() == UInt8(ascii: "#") {
      hashes += 1
      advance()
    }
    let quote = starts(with: #"""""#) ? #"""""# : #"""#
    let (end, escape) = (quote + marks(hashes), #"\"# + marks(hashes))
    advance(quote.utf8.count)
    var start = position
    while peek() != nil && !starts(with: end) {
      if starts(with: escape + "(") {
        token.text += text(from: start)
        advance(escape.utf8.count)
        readCode(insideInterpolation: true)
        start = position
      } else if starts(with: escape) {
        advance(escape.utf8.count + 1)
      } else {
        advance()
      }
    }
    token.text += text(from: start)
    advance(end.utf8.count)
    tokens[place] = token
  }

  private mutating func readRegex() {
    var token = Token(kind: .string, text: "", line: line, followsSpace: followsSpace())
    advance(2)
    let start = position
    while peek() != nil && !starts(with: "/#") { advance() }
    token.text = text(from: start)
    advance(2)
    tokens.append(token)
  }

  private mutating func readQuotedWord() {
    var token = Token(kind: .word, text: "", line: line, followsSpace: followsSpace())
    advance()
    let start = position
    while let byte = peek(), byte != UInt8(ascii: "`") { advance() }
    token.text = text(from: start)
    advance()
    tokens.append(token)
  }

  private mutating func read(_ kind: Token.Kind, while accepts: (borrowing Self) -> Bool) {
    let start = position
    let (first, space) = (line, followsSpace())
    while peek() != nil && accepts(self) { advance() }
    tokens.append(Token(kind: kind, text: text(from: start), line: first, followsSpace: space))
  }

  private func startsString() -> Bool {
    var next = position
    while next < bytes.count && bytes[next] == UInt8(ascii: "#") { next += 1 }
    return next < bytes.count && bytes[next] == UInt8(ascii: "\"")
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }

  private func starts(with text: String) -> Bool {
    let wanted = text.utf8
    guard position + wanted.count <= bytes.count else { return false }
    return bytes[position..<(position + wanted.count)].elementsEqual(wanted)
  }

  private func followsSpace() -> Bool {
    position == 0 || [32, 9, 10].contains(bytes[position - 1])
  }

  private func text(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }
}

private func marks(_ count: Int) -> String { String(repeating: "#", count: count) }

private func isWord(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 128...255:
    true
  default: false
  }
}

private func isOperator(_ byte: UInt8) -> Bool {
  "/=-+!*%<>&|^~?".utf8.contains(byte)
}
