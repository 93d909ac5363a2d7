// The ranges of a design: numbers between two ends, as a scenario would read them. Multiples such
// as the K of 4K tokens and exponents belong to the number, units such as GB/s stay as written.

import Text
import Units

extension SweepResolver {
  /// An end of a range.
  private struct End {
    /// In the unit that follows.
    var number: Double
    var unit: String
  }

  /// The range of an entry; nil with problems reported.
  func range(_ index: Int, _ entry: Fields) -> SweepDesign.Range? {
    let path = "design.ranges[\(index)]"
    guard let key = entry.given(RangeKeys.key) else { return nil }
    checkKey(key, "\(path).key")
    if let levels = entry.given(RangeKeys.levels) {
      return SweepDesign.Range(key: key, values: .levels(levels))
    }
    guard let low = entry.given(RangeKeys.from) else { return nil }
    guard let high = entry.given(RangeKeys.to) else {
      problems.add("\(path).to", "is required", allowed: "for example: to: \(low)")
      return nil
    }
    let kind = Self.kind(of: key)
    guard let from = Self.end(low, kind), let to = Self.end(high, kind) else {
      let (place, word) = Self.end(low, kind) == nil ? ("from", low) : ("to", high)
      problems.add(
        "\(path).\(place)", "\(quoted(word)) is not \(kind.wordsOfEnd)",
        allowed: "without a range, write levels: [a, b]")
      return nil
    }
    if case .count(let noun, _, let isWhole) = kind, isWhole || from.unit != to.unit {
      guard let ends = Self.counts(low, high, noun: noun) else { return nil }
      let isNamed = from.unit.hasSuffix(noun) || to.unit.hasSuffix(noun)
      return SweepDesign.Range(
        key: key,
        values: .interval(
          from: ends.from, to: ends.to, unit: isNamed ? noun : "", isWhole: isWhole))
    }
    guard from.unit == to.unit else {
      problems.add(
        "\(path).to", "\(quoted(high)) has another unit than \(quoted(low))",
        allowed: "expected: a number in \(quoted(from.unit))")
      return nil
    }
    return SweepDesign.Range(
      key: key,
      values: .interval(
        from: from.number, to: to.number, unit: from.unit, isWhole: kind.isOfWholeNumbers))
  }

  /// The number and the unit of an end; nil if no value of this kind has its form.
  private static func end(_ text: String, _ kind: Kind) -> End? {
    guard let (number, unit) = try? splitNumber(text), number.isFinite else { return nil }
    switch kind {
    case .count(let noun, _, let isWhole):
      guard let value = try? parseCount(text, noun: noun), !isWhole || isCountable(value) else {
        return nil
      }
    case .quantity(let quantity):
      guard (try? quantity.parse(text)) != nil else { return nil }
    case .integer, .wordOrInteger:
      guard unit.isEmpty, isCountable(number) else { return nil }
    case .number:
      guard unit.isEmpty || (kind.isFraction && unit == "%") else { return nil }
    default: break
    }
    return End(number: number, unit: unit)
  }

  /// Whether the numbers around it are whole ones of a scenario.
  private static func isCountable(_ value: Double) -> Bool { value.magnitude < 0x1p62 }

  /// Both ends with their multiples.
  private static func counts(
    _ low: String, _ high: String, noun: String
  ) -> (from: Double, to: Double)? {
    guard let from = try? parseCount(low, noun: noun), let to = try? parseCount(high, noun: noun)
    else { return nil }
    return (from, to)
  }

  /// The kind of the values of a key, other programs' names included; text if there is no such key.
  private static func kind(of key: String) -> Kind {
    let path = key.split(separator: ".").map(String.init)
    let kind = Alias.at(path)?.declaration.kind ?? ScenarioKeys.record.kind(at: path) ?? .text
    return kind.ofOneValue
  }
}

extension Kind {
  /// The kind of a number where a word or a list may stand too.
  fileprivate var ofOneValue: Kind {
    switch self {
    case .either(_, let kind), .oneOrMore(let kind, _): kind.ofOneValue
    default: self
    }
  }

  fileprivate var isOfWholeNumbers: Bool {
    switch self {
    case .integer, .wordOrInteger, .count(_, _, isWhole: true): true
    default: false
    }
  }

  /// What an end of a range of such values is.
  fileprivate var wordsOfEnd: String {
    switch self {
    case .count(let noun, _, _): "a number of \(noun)"
    case .integer, .wordOrInteger, .number: "a number"
    default: "a number with a unit"
    }
  }
}

extension Record {
  /// The kind of a key below this mapping; nil if there is no such key.
  fileprivate func kind(at path: [String]) -> Kind? {
    guard let first = path.first,
      let key = keys.first(where: { isOfNames || $0.name == first })
    else { return nil }
    return path.count == 1 ? key.kind : key.kind.record?.kind(at: Array(path.dropFirst()))
  }
}
