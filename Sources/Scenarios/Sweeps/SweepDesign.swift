// A design: points between the ends of ranges, chosen by a rule instead of listed.

import Units

/// A rule that places points in ranges of keys.
package struct SweepDesign: Hashable, Sendable {
  /// The rule.
  package enum Kind: String, CaseIterable, Sendable {
    case latinHypercube = "latin_hypercube"
    case tornado, morris, sobol
  }

  /// The most ranges of a Sobol design, which takes two coordinates of a sequence for each.
  package static let sobolRangeLimit = 20

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
        let value = from + coordinate * (to - from)
        let number = isWhole ? String(Int(value.rounded())) : "\(value)"
        return unit.isEmpty ? number : "\(number) \(unit)"
      }
    }
  }

  package var kind: Kind
  /// Points of a Latin hypercube, paths of Morris, rows of Sobol; without meaning for a tornado.
  package var size: Int
  package var ranges: [Range]

  /// Number of points.
  package var pointCount: Int {
    switch kind {
    case .latinHypercube: size
    case .tornado: 2 * ranges.count + 1
    case .morris: size * (ranges.count + 1)
    case .sobol: size * (ranges.count + 2)
    }
  }
}
