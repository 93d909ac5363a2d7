// A user's own words inside a message.

/// The user's word in quotes, on one line, shortened where it is long.
public func quoted(_ text: String) -> String {
  let limit = 60
  var result = "\""
  for scalar in text.unicodeScalars.prefix(limit) {
    result += isControl(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
  }
  return result + (text.unicodeScalars.count > limit ? "...\"" : "\"")
}

/// Whether a character would disturb a terminal or a line: C0, C1, separators of lines.
public func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    || (0x2028...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}
