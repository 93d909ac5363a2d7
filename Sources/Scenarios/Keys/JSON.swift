// The layout of a JSON Schema: a line for each member, and lists of plain values on theirs.

import Recording

/// Members of a JSON object, in their order.
typealias JSONMembers = [(name: String, value: RecordValue)]

extension RecordValue {
  /// The text, indented by two spaces a level; numbers without a fraction are written as integers.
  func schemaText(indentation: String = "") -> String {
    let inner = indentation + "  "
    switch self {
    case .object(let members) where !members.isEmpty:
      let lines = members.map { name, value in
        "\(inner)\(RecordValue.text(name).compact): \(value.schemaText(indentation: inner))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indentation)}"
    case .array(let items):
      guard items.contains(where: \.isCompound) else {
        return "[" + items.map { $0.schemaText() }.joined(separator: ", ") + "]"
      }
      let lines = items.map { inner + $0.schemaText(indentation: inner) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(indentation)]"
    case .real(let value): return Int(exactly: value).map(String.init) ?? compact
    case .null, .bool, .integer, .text, .object: return compact
    }
  }

  private var isCompound: Bool {
    switch self {
    case .object, .array: true
    case .null, .bool, .integer, .real, .text: false
    }
  }
}
