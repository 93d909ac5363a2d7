// The axes of an experiment as they are stored: which keys vary together, and by which rule the
// points of a design were placed. With it, the point of every trial follows from its position.

/// A rule that places the points of a design.
package enum DesignKind: String, CaseIterable, Sendable {
  case latinHypercube = "latin_hypercube"
  case tornado, morris, sobol
}

/// An axis of an experiment. Axes are in order, the last one fastest.
package struct AxisRecord: Hashable, Sendable {
  /// The keys that vary together; `scenario` and `replication` are axes too.
  package var keys: [String]
  /// Number of points.
  package var points: Int
  /// How the points were placed; nil if they are listed.
  package var design: DesignRecord?

  package init(keys: [String], points: Int, design: DesignRecord? = nil) {
    self.keys = keys
    self.points = points
    self.design = design
  }
}

/// A design: with its rule, its size and its seed, the coordinates of its points can be made again.
package struct DesignRecord: Hashable, Sendable {
  /// A key with the ends of its range, as they are written in a scenario.
  package struct Range: Hashable, Sendable {
    /// The key.
    package var key: String
    /// The value at coordinate 0.
    package var low: String
    /// The value at coordinate 1.
    package var high: String

    package init(key: String, low: String, high: String) {
      self.key = key
      self.low = low
      self.high = high
    }
  }

  /// The most ranges of a Sobol design, which takes two coordinates of a sequence for each.
  package static let sobolRangeLimit = 20

  /// The rule.
  package var kind: DesignKind
  /// Points of a Latin hypercube, paths of Morris, rows of Sobol; without meaning for a tornado.
  package var size: Int
  /// Seed of the points.
  package var seed: UInt64
  /// The ranges, one dimension each.
  package var ranges: [Range]

  package init(kind: DesignKind, size: Int, seed: UInt64, ranges: [Range]) {
    self.kind = kind
    self.size = size
    self.seed = seed
    self.ranges = ranges
  }

  /// Number of points; nil for sizes that no design has.
  package var pointCount: Int? {
    guard (1...1_000_000).contains(size), (1...1_000).contains(ranges.count) else { return nil }
    switch kind {
    case .latinHypercube: return size
    case .tornado: return 2 * ranges.count + 1
    case .morris: return size * (ranges.count + 1)
    case .sobol:
      return ranges.count <= Self.sobolRangeLimit ? size * (ranges.count + 2) : nil
    }
  }
}
