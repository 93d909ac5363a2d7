// Where the points of a design came to lie. A rule places them anywhere between the ends of a
// range, but levels and whole numbers take only some places: two levels are as far apart as the
// ends, however near the coordinates are that chose them.

import Recording

extension Sensitivity {
  /// The points of a group as their inputs' values have them, `[points, inputs]`: from 0 at the low
  /// end of a range to 1 at its high end.
  ///
  /// - Parameter placed: the points as the rule placed them.
  func realised(_ placed: [[Double]], of group: Group) -> [[Double]] {
    guard let design else { return placed }
    var points = placed
    for (input, range) in design.ranges.enumerated() {
      let written = group.points.map { point in
        point.parameters.first { $0.key == range.key }?.value
      }
      let known = placed.indices.compactMap { place in
        written[place].map { (at: placed[place][input], value: $0) }
      }
      let places = Self.places(known.sorted { $0.at < $1.at }.map(\.value), of: range)
      for place in points.indices {
        guard let value = written[place].flatMap({ places[$0] }) else { continue }
        points[place][input] = value
      }
    }
    return points
  }

  /// The place of each value of a range: by its number, if numbers rise or fall from end to end,
  /// else by its position among the values. Nothing is known of words that no point has, so more
  /// of them than a rule tries count as evenly spaced over those that it does.
  ///
  /// - Parameter values: of the points, from the low end to the high one.
  private static func places(
    _ values: [String], of range: DesignRecord.Range
  ) -> [String: Double] {
    var levels: [String] = []
    var seen: Set<String> = []
    for value in [range.low] + values + [range.high] where seen.insert(value).inserted {
      levels.append(value)
    }
    if let low = Amount(range.low), let high = Amount(range.high), low.number != high.number {
      let amounts = levels.compactMap(Amount.init).filter {
        $0.unit == low.unit && $0.unit == high.unit
      }
      let numbers = amounts.map { ($0.number - low.number) / (high.number - low.number) }
      if amounts.count == levels.count, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 <= $1 }) {
        return Dictionary(uniqueKeysWithValues: zip(levels, numbers))
      }
    }
    let last = Double(max(1, levels.count - 1))
    return Dictionary(
      uniqueKeysWithValues: levels.enumerated().map { ($1, Double($0) / last) })
  }

  /// A number with its unit, as designs write them.
  private struct Amount {
    let number: Double
    let unit: Substring

    init?(_ text: String) {
      let parts = text.split(separator: " ", maxSplits: 1)
      guard let first = parts.first, let number = Double(first), number.isFinite else {
        return nil
      }
      self.number = number
      unit = parts.count > 1 ? parts[1] : ""
    }
  }
}
