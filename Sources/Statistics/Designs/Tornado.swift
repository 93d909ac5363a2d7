// One input at a time: each at its low and at its high end while the others stay in the middle.
// Interactions stay unseen; Morris and Sobol designs show them.

/// A design of 2 k + 1 points of the unit cube: the middle, then each dimension low and high.
package struct Tornado: Hashable, Sendable {
  /// Number of inputs.
  package var dimensions: Int
  /// The quantiles of each input that stand for low and high.
  package var ends: Interval

  /// Makes a design; the 5 % and 95 % quantiles are the usual ends.
  package init(dimensions: Int, ends: Interval = Interval(0.05, 0.95)) {
    self.dimensions = dimensions
    self.ends = ends
  }

  /// The points to evaluate, `[2 dimensions + 1, dimensions]`.
  package var points: [[Double]] {
    var points = [[Double](repeating: 0.5, count: dimensions)]
    for dimension in 0..<dimensions {
      for end in [ends.low, ends.high] {
        var point = points[0]
        point[dimension] = end
        points.append(point)
      }
    }
    return points
  }

  /// The results of each input at its low and at its high end.
  ///
  /// - Precondition: there is one value for each point.
  package func ends(_ values: [Double?]) -> [(low: Double?, high: Double?)] {
    precondition(values.count == 2 * dimensions + 1, "\(values.count) values of the design")
    return (0..<dimensions).map { (values[2 * $0 + 1], values[2 * $0 + 2]) }
  }

  /// How far the result moves with each input, without sign: from the least to the largest of its
  /// results at low, in the middle and at high, so that an optimum between the ends counts too.
  ///
  /// - Returns: nil for an input of which fewer than two results are known.
  /// - Precondition: there is one value for each point.
  package func swings(_ values: [Double?]) -> [Double?] {
    ends(values).map { ends in
      let known = [ends.low, values[0], ends.high].compactMap(\.self)
      guard known.count > 1, let least = known.min(), let most = known.max() else { return nil }
      return most - least
    }
  }
}
