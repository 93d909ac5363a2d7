// What may be written for a key, in words, for the page of keys.

import Recording

extension Kind {
  /// The form in Markdown.
  var words: String {
    switch self {
    case .text: "text"
    case .stages: "stages in Megatron-LM's notation"
    case .flag: "`true`, `false`"
    case .choice(let words): Self.list(words)
    case .wordOrInteger(let words, let range): Self.list(words) + ", or " + Self.span(range)
    case .name: "a name of the catalogue"
    case .schedule: "a schedule"
    case .integer(let range): Self.span(range)
    case .number(let range):
      "\(Self.number(range.lowerBound).compact) to \(Self.most(range))"
        + (isFraction ? ", or per cent such as `\(Self.percentExample(range))`" : "")
    case .count(let noun, let range, _):
      "\(noun), \(Self.number(range.lowerBound).compact) to \(Self.most(range))"
    case .quantity(let kind):
      "\(kind.noun) such as `\(kind.example)`, \(kind.lowest) to \(kind.highest)"
    case .list(let item, let isSet, let count):
      (isSet ? "a list of different ones, " : "a list, ")
        + "\(count.lowerBound) to \(count.upperBound): \(item.words)"
    case .oneOrMore(let item, _): "\(item.words), or a list"
    case .record: "keys"
    case .named(let noun, _): "the name of each \(noun), with keys below it"
    case .entry: "a name of the catalogue, or keys"
    case .either(let word, let kind): "`\(word)`, or \(kind.words)"
    }
  }

  private static func list(_ words: [String]) -> String {
    words.map { "`\($0)`" }.joined(separator: ", ")
  }

  /// A share in the middle of a range, in per cent.
  private static func percentExample(_ range: ClosedRange<Double>) -> String {
    range.upperBound < 1 ? "5%" : "85%"
  }

  private static func span(_ range: ClosedRange<Int>) -> String {
    range.upperBound == Int.max
      ? "a whole number from \(range.lowerBound)"
      : "a whole number, \(range.lowerBound) to \(range.upperBound)"
  }

  private static func most(_ range: ClosedRange<Double>) -> String {
    number(range.upperBound).compact
  }
}
