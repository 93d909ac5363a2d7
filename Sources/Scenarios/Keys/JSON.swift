// JSON in the order in which it was put together, so that its text is stable.

/// A JSON value.
indirect enum JSON: Sendable {
  case object([(String, JSON)])
  case array([JSON])
  case string(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)

  /// The text, indented by two spaces a level; lists of single values stay on their line.
  func text(indentation: String = "") -> String {
    let inner = indentation + "  "
    switch self {
    case .object(let members):
      guard !members.isEmpty else { return "{}" }
      let lines = members.map { name, value in
        "\(inner)\(Self.escaped(name)): \(value.text(indentation: inner))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
    case .array(let items):
      guard items.contains(where: \.isCompound) else {
        return "[" + items.map { $0.text() }.joined(separator: ", ") + "]"
      }
      let lines = items.map { inner + $0.text(indentation: inner) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
    case .string(let text): return Self.escaped(text)
    case .integer(let value): return String(value)
    case .number(let value):
      return Int(exactly: value).map(String.init) ?? String(value)
    case .flag(let value): return value ? "true" : "false"
    }
  }

  private var isCompound: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }

  private static func escaped(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
