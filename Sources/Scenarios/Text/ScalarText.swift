// Parsing of scalars: whole numbers, counts, quantities, flags. Nothing is guessed.

import Text
import Units

/// Reads the text of one scalar.
enum ScalarText {
  /// A decimal whole number.
  static func integer(_ text: String, in range: ClosedRange<Int>) throws(ValueProblem) -> Int {
    let expected = "expected: a whole number from \(range.lowerBound) to \(range.upperBound)"
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else {
      throw ValueProblem("\(quoted(text)) is not a whole number", allowed: expected)
    }
    try refuseLeadingZero(text)
    guard let value = Int(text), range.contains(value) else {
      throw ValueProblem("\(quoted(text)) is out of range", allowed: expected)
    }
    return value
  }

  /// A share of something: a decimal number such as `0.85`, or `85%`.
  static func fraction(
    _ text: String, in range: ClosedRange<Double>
  ) throws(ValueProblem) -> Double {
    guard text.hasSuffix("%") else { return try number(text, in: range) }
    let percent = String(text.dropLast()).trimmingSpaces()
    let share: Double
    do {
      let most = Double.greatestFiniteMagnitude
      share = try number(percent, in: -most...most)
    } catch {
      throw ValueProblem("\(quoted(text)) is not a number of per cent", allowed: "expected: 85%")
    }
    guard range.contains(share / 100) else {
      throw ValueProblem(
        "\(quoted(text)) is out of range",
        allowed: "expected: \(boundText(range.lowerBound * 100))%"
          + " to \(boundText(range.upperBound * 100))%")
    }
    return share / 100
  }

  /// A decimal number without unit.
  static func number(_ text: String, in range: ClosedRange<Double>) throws(ValueProblem) -> Double {
    let expected =
      "expected: a number from \(boundText(range.lowerBound))"
      + " to \(boundText(range.upperBound))"
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = digits.utf8.first, isDigit(first) || first == UInt8(ascii: "."),
      let value = Double(text), value.isFinite
    else {
      throw ValueProblem("\(quoted(text)) is not a number", allowed: expected)
    }
    try refuseLeadingZero(text)
    guard range.contains(value) else {
      throw ValueProblem("\(quoted(text)) is out of range", allowed: expected)
    }
    return value
  }

  /// A count with an optional noun, such as `14.8T tokens`.
  static func count(
    _ text: String, noun: String, in range: ClosedRange<Double>, isWhole: Bool
  ) throws(ValueProblem) -> Double {
    let expected =
      "expected: a number of \(noun) from \(boundText(range.lowerBound))"
      + " to \(boundText(range.upperBound))"
    try refuseLeadingZero(text)
    let value: Double
    do {
      value = try parseCount(text, noun: noun)
    } catch {
      throw refusal(of: text, error, what: "a number of \(noun)", expected: expected)
    }
    guard !isWhole || value == value.rounded() else {
      throw ValueProblem("\(quoted(text)) is not a whole number of \(noun)", allowed: expected)
    }
    guard value >= 0 else { throw ValueProblem("\(quoted(text)) is negative", allowed: expected) }
    guard range.contains(value) else {
      throw ValueProblem("\(quoted(text)) is out of range", allowed: expected)
    }
    return value
  }

  /// A quantity with its unit, in base units.
  static func quantity(_ text: String, _ kind: QuantityKind) throws(ValueProblem) -> Double {
    try refuseLeadingZero(text)
    let expected = "expected: a \(kind.noun) such as \(kind.example)"
    let value: Double
    do {
      value = try kind.parse(text)
    } catch {
      throw refusal(
        of: text, error, what: "a \(kind.noun)",
        expected: expected + "; units: " + kind.units.joined(separator: ", "))
    }
    let allowed = "allowed: \(kind.lowest) to \(kind.highest)"
    guard value >= 0 else { throw ValueProblem("\(quoted(text)) is negative", allowed: allowed) }
    guard kind.range.contains(value) else {
      throw ValueProblem("\(quoted(text)) is out of range", allowed: allowed)
    }
    return value
  }

  /// `true` or `false`, not the other words of YAML 1.1.
  static func flag(_ text: String) throws(ValueProblem) -> Bool {
    switch text {
    case "true": return true
    case "false": return false
    default:
      let meant = ["yes": "true", "on": "true", "no": "false", "off": "false"][text.lowercased()]
      throw ValueProblem(
        "\(quoted(text)) is not a truth value", allowed: "allowed: true, false",
        suggestion: meant)
    }
  }

  /// A short text of one line.
  static func text(_ text: String, limit: Int = 100) throws(ValueProblem) -> String {
    guard !text.trimmingSpaces().isEmpty else { throw ValueProblem("is empty") }
    guard text.unicodeScalars.count <= limit else {
      throw ValueProblem("is longer than \(limit) characters")
    }
    guard !text.unicodeScalars.contains(where: isControl) else {
      throw ValueProblem("\(quoted(text)) has a line break or a control character")
    }
    return text
  }

  /// One of a list of words.
  static func choice(_ text: String, among known: [String]) throws(ValueProblem) -> String {
    guard known.contains(text) else {
      throw ValueProblem(
        "\(quoted(text)) is not a choice", allowed: knownText(known),
        suggestion: nearest(to: text, among: known))
    }
    return text
  }

  /// Rejects a leading zero: `010` is eight in YAML 1.1 and ten in 1.2.
  private static func refuseLeadingZero(_ text: String) throws(ValueProblem) {
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }.prefix(2)
    guard digits.count == 2, digits.first == UInt8(ascii: "0"), digits.allSatisfy(isDigit) else {
      return
    }
    throw ValueProblem("\(quoted(text)) starts with a zero, which some read as octal")
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func refusal(
    of text: String, _ problem: QuantityTextProblem, what: String, expected: String
  ) -> ValueProblem {
    let word = quoted(text)
    switch problem {
    case .noNumber:
      let start = text.drop { "+-.".contains($0) }.lowercased()
      let isSpecial = ["nan", "inf"].contains { start.hasPrefix($0) }
      return ValueProblem("\(word) is not \(isSpecial ? "finite" : what)", allowed: expected)
    case .noUnit:
      return ValueProblem("\(word) has no unit", allowed: expected)
    case .notFinite:
      return ValueProblem("\(word) is not finite", allowed: expected)
    case .unknownUnit(let unit):
      return ValueProblem("\(word): \(quoted(unit)) is not a unit of \(what)", allowed: expected)
    }
  }

  /// A bound with all its digits: a rounded one could allow values that are rejected.
  private static func boundText(_ bound: Double) -> String {
    Int(exactly: bound).map { String($0) } ?? String(bound)
  }
}
