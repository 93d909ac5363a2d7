// JSON output, with keys in the given order and numbers in full precision, so that equal results
// give equal bytes. There is no reader.

/// A number is written with the fewest digits that read back to the same value. A number that is
/// not finite is written as null, since JSON has no form for it.
extension RecordValue {
  /// The value on several lines, indented by two spaces per level. An array or object of plain
  /// values that fits in 100 columns takes one line. There is no line feed at the end.
  package var description: String { lines(indent: 0) }

  private func lines(indent: Int) -> String {
    let compact = compact
    let isFlat = depth <= 1 && indent + compact.utf8.count <= 100
    if isFlat { return compact }
    let space = String(repeating: " ", count: indent + 2)
    let end = String(repeating: " ", count: indent)
    switch self {
    case .array(let values):
      let items = values.map { space + $0.lines(indent: indent + 2) }
      return "[\n\(items.joined(separator: ",\n"))\n\(end)]"
    case .object(let members):
      let items = members.map {
        "\(space)\(Self.quoted($0.name)): \($0.value.lines(indent: indent + 2))"
      }
      return "{\n\(items.joined(separator: ",\n"))\n\(end)}"
    default: return compact
    }
  }

  private var depth: Int {
    switch self {
    case .array(let values): 1 + (values.map(\.depth).max() ?? 0)
    case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
    default: 0
    }
  }

  /// The value on one line.
  package var compact: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .real(let value): value.isFinite ? value.description : "null"
    case .text(let value): Self.quoted(value)
    case .array(let values): "[\(values.map(\.compact).joined(separator: ", "))]"
    case .object(let members):
      "{\(members.map { "\(Self.quoted($0.name)): \($0.value.compact)" }.joined(separator: ", "))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
