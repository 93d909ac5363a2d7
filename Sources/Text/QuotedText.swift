// The user's own words in messages.

/// The text in quotes, on one line, cut in the middle if it is long: paths differ at their ends.
public func quoted(_ text: String) -> String {
  let limit = 60
  let scalars = text.unicodeScalars
  func shown(_ part: String.UnicodeScalarView.SubSequence) -> String {
    part.reduce(into: "") { result, scalar in
      result += isControl(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
    }
  }
  guard scalars.count > limit else { return "\"\(shown(scalars[...]))\"" }
  return "\"\(shown(scalars.prefix(limit / 2)))...\(shown(scalars.suffix(limit / 2)))\""
}

/// Text for a terminal: characters that could move its cursor, colour it or turn its direction are
/// written as numbers. Line ends and tabulators stay.
public func terminalText(_ text: String) -> String {
  let kept: Set<Unicode.Scalar> = ["\n", "\r", "\t"]
  guard text.unicodeScalars.contains(where: { isControl($0) && !kept.contains($0) }) else {
    return text
  }
  var result = ""
  for scalar in text.unicodeScalars {
    result +=
      isControl(scalar) && !kept.contains(scalar)
      ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
  }
  return result
}

/// Whether a character could corrupt a terminal or a line: C0 and C1 controls, line separators, and
/// controls of text direction.
public func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    || (0x2028...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}
