// Parses quantities such as `400 Gb/s`, `3.35 TB/s`, `80 GiB`, `5 us` and `14.8T tokens`.
// Bits are not bytes, GB is not GiB, and a number without a unit is rejected.

import Text

/// A quantity that can be read from text.
public protocol TextQuantity: Quantity {
  /// Accepted units without SI prefix, each with its factor to `baseUnit`.
  static var unitWords: [(word: String, factor: Double)] { get }
  /// Other words for these units, which messages do not list.
  static var otherUnitWords: [(word: String, factor: Double)] { get }
  /// Whether binary prefixes (`Ki`, `Mi`, `Gi`, `Ti`) are allowed.
  static var allowsBinaryPrefix: Bool { get }
  /// An example for messages, in the recommended form.
  static var example: String { get }
}

extension TextQuantity {
  public static var otherUnitWords: [(word: String, factor: Double)] { [] }
}

extension Bytes: TextQuantity {
  public static let unitWords = [(word: "B", factor: 1.0)]
  public static let allowsBinaryPrefix = true
  public static let example = "80 GiB"
}

extension BytesPerSecond: TextQuantity {
  public static let unitWords = [(word: "B/s", factor: 1.0), (word: "b/s", factor: 0.125)]
  /// Bits, as vendors write them: `400Gbps`, `400 Gbit/s`.
  public static let otherUnitWords = ["bps", "bit/s", "bits/s"].map { (word: $0, factor: 0.125) }
  public static let allowsBinaryPrefix = true
  public static let example = "400 Gb/s"
}

extension FLOPsPerSecond: TextQuantity {
  public static let unitWords = [(word: "FLOPS", factor: 1.0), (word: "FLOP/s", factor: 1.0)]
  public static let allowsBinaryPrefix = false
  public static let example = "989.4 TFLOPS"
}

extension Watts: TextQuantity {
  public static let unitWords = [(word: "W", factor: 1.0)]
  public static let allowsBinaryPrefix = false
  public static let example = "700 W"
}

extension Seconds: TextQuantity {
  public static let unitWords = [
    (word: "s", factor: 1.0), (word: "min", factor: 60.0), (word: "h", factor: 3600.0),
  ]
  public static let allowsBinaryPrefix = false
  public static let example = "5 us"
}

extension EventsPerSecond: TextQuantity {
  public static let unitWords = [
    (word: "requests/s", factor: 1.0), (word: "requests/min", factor: 1.0 / 60),
    (word: "requests/h", factor: 1.0 / 3600), (word: "/s", factor: 1.0),
    (word: "/min", factor: 1.0 / 60), (word: "/h", factor: 1.0 / 3600),
  ]
  public static let allowsBinaryPrefix = false
  public static let example = "20 requests/s"
}

extension USDollarsPerGPUHour: TextQuantity {
  public static let unitWords = [
    (word: "USD/GPU-hour", factor: 1.0), (word: "USD/h", factor: 1.0),
  ]
  public static let allowsBinaryPrefix = false
  public static let example = "2 USD/GPU-hour"
}

/// Why text is not a quantity; the caller words the message.
public enum QuantityTextProblem: ExplainedError, Hashable {
  /// The text does not start with a number.
  case noNumber
  /// No unit follows the number.
  case noUnit
  /// The number is not finite.
  case notFinite
  /// The unit is not a unit of this quantity.
  case unknownUnit(String)

  public var explanations: [Explanation] {
    switch self {
    case .noNumber: [Explanation("does not start with a number")]
    case .noUnit: [Explanation("has no unit")]
    case .notFinite: [Explanation("is not finite")]
    case .unknownUnit(let unit): [Explanation("has the unknown unit \(quoted(unit))")]
    }
  }
}

extension TextQuantity {
  /// Reads a quantity from text such as `400 Gb/s`.
  ///
  /// - Throws: `QuantityTextProblem`; the caller adds location and suggestion.
  public init(text: String) throws(QuantityTextProblem) {
    let (number, unit) = try splitNumber(text)
    guard number.isFinite else { throw .notFinite }
    guard !unit.isEmpty else { throw .noUnit }
    for (word, factor) in Self.unitWords + Self.otherUnitWords {
      guard unit.hasSuffix(word) else { continue }
      let prefix = String(unit.dropLast(word.count))
      if let scale = prefixScale(prefix, binary: Self.allowsBinaryPrefix, unitWord: word) {
        // Dividing by the inverse power keeps `5 us` equal to 5e-6; multiplying by 1e-6 does not.
        let value = scale < 1 ? number * factor / (1 / scale).rounded() : number * factor * scale
        guard value.isFinite else { throw .notFinite }
        self.init(value)
        return
      }
    }
    throw .unknownUnit(unit)
  }

  /// Every accepted unit with its prefixes, for messages: `B/s, kB/s, ... , Gb/s`.
  public static var acceptedUnits: [String] { units(unitWords.map(\.word)) }

  /// The other words for these units, with their prefixes.
  public static var otherAcceptedUnits: [String] { units(otherUnitWords.map(\.word)) }

  private static func units(_ words: [String]) -> [String] {
    var units: [String] = []
    for word in words {
      guard takesPrefix(word) else {
        units.append(word)
        continue
      }
      let decimal = word == "s" ? ["", "m", "u", "n", "p"] : ["", "k", "M", "G", "T", "P"]
      units += decimal.map { $0 + word }
      if allowsBinaryPrefix { units += ["Ki", "Mi", "Gi", "Ti"].map { $0 + word } }
    }
    return units
  }
}

/// Reads a count such as `14.8T tokens`, `2048`, or `15360 sequences`.
///
/// The noun is optional; `k`, `M`, `G`, `B` (billion) and `T` scale by powers of a thousand. `K`
/// and `Ki` of tokens are 1,024, as contexts are named and as vLLM reads its options: `4K tokens`
/// is 4096.
/// - Throws: `QuantityTextProblem.unknownUnit` for another noun.
public func parseCount(_ text: String, noun: String) throws(QuantityTextProblem) -> Double {
  let (number, rest) = try splitNumber(text)
  guard number.isFinite else { throw .notFinite }
  var words = rest.split(separator: " ").map(String.init)
  var scale = 1.0
  if let first = words.first, let factor = countScale(first, noun: noun) {
    scale = factor
    words.removeFirst()
  }
  let singular = noun.hasSuffix("s") ? String(noun.dropLast()) : noun
  guard words.isEmpty || (words.count == 1 && (words[0] == noun || words[0] == singular)) else {
    throw .unknownUnit(words.joined(separator: " "))
  }
  let value = number * scale
  guard value.isFinite else { throw .notFinite }
  return value
}

private func countScale(_ word: String, noun: String) -> Double? {
  switch word {
  case "K", "Ki": noun == "tokens" ? 1024 : nil
  case "k": 1e3
  case "M": 1e6
  case "G", "B": 1e9
  case "T": 1e12
  default: nil
  }
}

/// Whether a unit has SI prefixes.
private func takesPrefix(_ unitWord: String) -> Bool {
  !["min", "h"].contains(unitWord) && !unitWord.hasPrefix("USD") && !unitWord.hasPrefix("/")
    && !unitWord.hasPrefix("requests")
}

private func prefixScale(_ prefix: String, binary: Bool, unitWord: String) -> Double? {
  guard takesPrefix(unitWord) else { return prefix.isEmpty ? 1 : nil }
  switch prefix {
  case "": return 1
  case "p": return unitWord == "s" ? 1e-12 : nil
  case "n": return unitWord == "s" ? 1e-9 : nil
  case "u", "\u{b5}", "\u{3bc}": return unitWord == "s" ? 1e-6 : nil
  case "m": return unitWord == "s" ? 1e-3 : nil
  default: break
  }
  guard unitWord != "s" else { return nil }
  switch prefix {
  case "k": return 1e3
  case "M": return 1e6
  case "G": return 1e9
  case "T": return 1e12
  case "P": return 1e15
  case "Ki": return binary ? 1024 : nil
  case "Mi": return binary ? 1_048_576 : nil
  case "Gi": return binary ? 1_073_741_824 : nil
  case "Ti": return binary ? 1_099_511_627_776 : nil
  default: return nil
  }
}

/// Splits `3.35 TB/s` into 3.35 and `TB/s`. Hexadecimal, `nan` and `inf` are not numbers here.
///
/// - Throws: `QuantityTextProblem.noNumber` if no number stands at the start.
package func splitNumber(
  _ text: String
) throws(QuantityTextProblem) -> (number: Double, rest: String) {
  let trimmed = text.trimmingSpaces()
  var scan = NumberScan()
  var end = trimmed.startIndex
  var best = end
  // One pass: texts may have as many digits as a scenario has bytes.
  while end < trimmed.endIndex, scan.takes(trimmed[end]) {
    end = trimmed.index(after: end)
    if scan.isNumber { best = end }
  }
  guard let number = Double(trimmed[..<best].filter { $0 != "_" }) else { throw .noNumber }
  return (number, String(trimmed[best...]).trimmingSpaces())
}

/// The form of a decimal number, character by character; underlines may stand anywhere.
private struct NumberScan {
  private enum State {
    case start, sign, whole, point, fraction, exponent, exponentSign, exponentDigits
  }

  private var state = State.start

  /// Whether what was read so far is a number.
  var isNumber: Bool { [.whole, .fraction, .exponentDigits].contains(state) }

  /// Reads a character; false if no number goes on with it.
  mutating func takes(_ character: Character) -> Bool {
    switch (character, state) {
    case ("_", _): break
    case ("0"..."9", .start), ("0"..."9", .sign), ("0"..."9", .whole): state = .whole
    case ("0"..."9", .point), ("0"..."9", .fraction): state = .fraction
    case ("0"..."9", _): state = .exponentDigits
    case (".", .start), (".", .sign): state = .point
    case (".", .whole): state = .fraction
    case ("+", .start), ("-", .start): state = .sign
    case ("+", .exponent), ("-", .exponent): state = .exponentSign
    case ("e", .whole), ("E", .whole), ("e", .fraction), ("E", .fraction): state = .exponent
    default: return false
    }
    return true
  }
}

extension String {
  /// The text without leading and trailing spaces and tabs.
  public func trimmingSpaces() -> String {
    var view = self[...]
    while let first = view.first, first == " " || first == "\t" { view.removeFirst() }
    while let last = view.last, last == " " || last == "\t" { view.removeLast() }
    return String(view)
  }
}
