// A reader of JSON that knows the line of each value, for messages about files of other tools.

/// A JSON value with its line.
public struct LinedJSON: Sendable {
  /// A value.
  public enum Content: Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([LinedJSON])
    /// Members in the order of the file.
    case object([(name: String, value: LinedJSON)])
  }

  /// The value itself.
  public var content: Content
  /// The line on which it begins, from 1.
  public var line: Int

  /// A member of an object; nil if there is none.
  public subscript(name: String) -> LinedJSON? {
    guard case .object(let members) = content else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The values of a list; empty for anything else.
  public var items: [LinedJSON] {
    if case .list(let items) = content { items } else { [] }
  }

  /// The members of an object; empty for anything else.
  public var members: [(name: String, value: LinedJSON)] {
    if case .object(let members) = content { members } else { [] }
  }

  /// A number, also of a text that is one.
  public var number: Double? {
    switch content {
    case .number(let number): number
    case .text(let text): Double(text)
    default: nil
    }
  }

  /// The text; nil for anything else.
  public var text: String? {
    if case .text(let text) = content { text } else { nil }
  }

  /// Every text in it, in the order of the file.
  public var texts: [String] {
    switch content {
    case .text(let text): [text]
    case .list(let items): items.flatMap(\.texts)
    case .object(let members): members.flatMap(\.value.texts)
    case .null, .flag, .number: []
    }
  }
}

/// JSON that is not well formed.
public struct JSONProblem: ExplainedError {
  /// The line of the problem, from 1.
  public var line: Int
  /// What is wrong there.
  public var message: String

  public var explanations: [Explanation] { [Explanation(message, at: "\(line)")] }
}

extension LinedJSON {
  /// Reads a text.
  ///
  /// - Throws: `JSONProblem` at the first place that is no JSON.
  public init(reading text: String) throws(JSONProblem) {
    var parser = JSONParser(bytes: Array(text.utf8))
    self = try parser.document()
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  private var place = 0
  private var line = 1
  private static let depthLimit = 200

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONProblem) -> LinedJSON {
    let value = try value(depth: 0)
    skipSpace()
    guard place == bytes.count else { throw problem("more text after the end of the value") }
    return value
  }

  private func problem(_ message: String) -> JSONProblem {
    JSONProblem(line: line, message: "is no JSON: \(message)")
  }

  private mutating func skipSpace() {
    while place < bytes.count {
      switch bytes[place] {
      case 0x0a: line += 1
      case 0x20, 0x09, 0x0d: break
      default: return
      }
      place += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> LinedJSON {
    skipSpace()
    guard depth < Self.depthLimit else { throw problem("too many nested values") }
    guard place < bytes.count else { throw problem("the text ends early") }
    let start = line
    switch bytes[place] {
    case UInt8(ascii: "{"): return LinedJSON(content: .object(try object(depth)), line: start)
    case UInt8(ascii: "["): return LinedJSON(content: .list(try list(depth)), line: start)
    case UInt8(ascii: "\""): return LinedJSON(content: .text(try string()), line: start)
    default: return LinedJSON(content: try word(), line: start)
    }
  }

  private mutating func object(
    _ depth: Int
  ) throws(JSONProblem) -> [(name: String, value: LinedJSON)] {
    place += 1
    var members: [(name: String, value: LinedJSON)] = []
    if take(UInt8(ascii: "}")) { return members }
    repeat {
      skipSpace()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        throw problem("a name in quotes is missing")
      }
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw problem("a colon is missing") }
      members.append((name, try value(depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw problem("a closing brace is missing") }
    return members
  }

  private mutating func list(_ depth: Int) throws(JSONProblem) -> [LinedJSON] {
    place += 1
    var items: [LinedJSON] = []
    if take(UInt8(ascii: "]")) { return items }
    repeat { items.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw problem("a closing bracket is missing") }
    return items
  }

  private mutating func string() throws(JSONProblem) -> String {
    place += 1
    var text: [UInt8] = []
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard place < bytes.count else { break }
        text += escaped(bytes[place])
        place += 1
      case 0x0a: throw problem("a text in quotes has no end on its line")
      default: text.append(byte)
      }
    }
    throw problem("a text in quotes has no end")
  }

  /// The bytes of an escape; escaped code points become a question mark, as no name needs them.
  private mutating func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "r"), UInt8(ascii: "b"),
      UInt8(ascii: "f"):
      return [0x20]
    case UInt8(ascii: "u"):
      place = min(bytes.count - 1, place + 4)
      return [UInt8(ascii: "?")]
    default: return [byte]
    }
  }

  private mutating func word() throws(JSONProblem) -> LinedJSON.Content {
    let start = place
    while place < bytes.count, !Self.ends.contains(bytes[place]) { place += 1 }
    let word = String(decoding: bytes[start..<place], as: UTF8.self)
    switch word {
    case "null", "NaN", "Infinity", "-Infinity": return .null
    case "true": return .flag(true)
    case "false": return .flag(false)
    default:
      guard let number = Double(word) else { throw problem("a word that is no value") }
      return .number(number)
    }
  }

  private static let ends = Array(",]} \n\r\t:".utf8)
}
