// Small parts of lines that tools print: named values, and numbers before units.

/// Lines of a text with their numbers.
func numberedLines(_ text: String) -> [(line: Int, text: Substring)] {
  text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().map {
    ($0.offset + 1, $0.element)
  }
}

/// A part of a text without spaces around it.
func trimmed(_ text: Substring) -> Substring {
  var text = text
  while let first = text.first, first.isWhitespace { text.removeFirst() }
  while let last = text.last, last.isWhitespace { text.removeLast() }
  return text
}

/// Values such as `m= 128, n=2112` by their names.
struct NamedValues {
  private var values: [String: Substring] = [:]

  /// - Parameter text: pairs and other words, separated by commas.
  init(_ text: Substring) {
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, let name = trimmed(sides[0]).split(separator: " ").last else {
        continue
      }
      values[String(name)] = trimmed(sides[1])
    }
  }

  /// The word of a name; nil if there is none.
  func word(_ names: String...) -> String? {
    for name in names { if let value = values[name] { return String(value) } }
    return nil
  }

  /// The positive number of a name; nil if there is none.
  func number(_ names: String...) -> Double? {
    for name in names {
      if let value = values[name]?.split(separator: " ").first, let number = Double(value),
        number > 0, number < 1e13
      {
        return number
      }
    }
    return nil
  }
}

/// Numbers and the units after them, such as `11 us | 350 TFLOPS`.
struct UnitValues {
  private let words: [Substring]

  init(_ text: Substring) {
    words = text.split { $0.isWhitespace || $0 == "|" || $0 == "," || $0 == ":" }
  }

  /// The number before a unit and its significant digits; nil if the unit does not occur.
  func number(before unit: String) -> (value: Double, digits: Int)? {
    for (place, word) in words.enumerated() where word == unit && place > 0 {
      if let value = Double(words[place - 1]) { return (value, digits(words[place - 1])) }
    }
    // Without a space, such as 1.234ms.
    for word in words where word.hasSuffix(unit) {
      let number = word.dropLast(unit.count)
      if let value = Double(number) { return (value, digits(number)) }
    }
    return nil
  }

  private func digits(_ word: Substring) -> Int {
    let all = word.filter(\.isNumber)
    return max(1, all.drop { $0 == "0" }.count)
  }
}

/// The text between the first opening and its closing bracket.
func bracketed(_ text: Substring) -> Substring? {
  guard let start = text.firstIndex(of: "("), let end = text[start...].firstIndex(of: ")") else {
    return nil
  }
  return text[text.index(after: start)..<end]
}
