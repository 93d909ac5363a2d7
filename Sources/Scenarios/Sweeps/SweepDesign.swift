// A design: points between the ends of ranges, chosen by a rule instead of listed.

import Recording

/// A rule that places points in ranges of keys.
package struct SweepDesign: Hashable, Sendable {
  /// A key with its values between 0 and 1.
  package struct Range: Hashable, Sendable {
    /// The values of a range.
    package enum Values: Hashable, Sendable {
      /// From one end to the other, as numbers with a unit; whole numbers for a count.
      case interval(from: Double, to: Double, unit: String, isWhole: Bool)
      /// Listed values, each for an equal part.
      case levels([String])
    }

    /// The key that varies.
    package var key: String
    package var values: Values

    /// The value at a coordinate from 0 to 1, as it is written in a scenario.
    package func value(at coordinate: Double) -> String {
      switch values {
      case .levels(let levels):
        return levels[min(Int(coordinate * Double(levels.count)), levels.count - 1)]
      case .interval(let from, let to, let unit, let isWhole):
        // Rounding may miss the end that was asked for.
        let value = coordinate == 1 ? to : from + coordinate * (to - from)
        let number = isWhole ? String(Int(value.rounded())) : "\(value)"
        return unit.isEmpty ? number : "\(number) \(unit)"
      }
    }
  }

  /// The rule.
  package var kind: DesignKind
  /// Points of a Latin hypercube, paths of Morris, rows of Sobol; without meaning for a tornado.
  package var size: Int
  package var ranges: [Range]

  /// Number of points.
  package var pointCount: Int { record(seed: 0).pointCount ?? 0 }

  /// The design as it is stored, with the seed of its points.
  package func record(seed: UInt64) -> DesignRecord {
    DesignRecord(
      kind: kind, size: size, seed: seed,
      ranges: ranges.map { .init(key: $0.key, low: $0.value(at: 0), high: $0.value(at: 1)) })
  }
}
