// The points that no other point beats in every objective. Equal points stay together, in the
// order given, so that the front does not depend on how candidates were enumerated.

/// Whether `first` is at most `second` in all objectives and below it in one.
///
/// - Precondition: both have the same objectives, all to be minimised.
package func dominates(_ first: [Double], _ second: [Double]) -> Bool {
  precondition(first.count == second.count, "\(first.count) objectives against \(second.count)")
  var isBelow = false
  for (a, b) in zip(first, second) {
    guard a <= b else { return false }
    isBelow = isBelow || a < b
  }
  return isBelow
}

/// Indices of the points that no other dominates, ascending.
///
/// - Parameter points: objectives to be minimised of each point.
/// - Complexity: quadratic in the number of points.
package func paretoFront(_ points: [[Double]]) -> [Int] {
  points.indices.filter { index in !points.contains { dominates($0, points[index]) } }
}

/// Indices of the points that no other dominates beyond doubt, ascending.
///
/// A point leaves the front only if the paired differences to another are below zero: their
/// Bonferroni intervals over objectives and pairs lie at or below zero in all, below it in one.
///
/// - Parameters:
///   - points: `[points, objectives, replications]`, to be minimised; replication i of all points
///     has the same seed.
///   - confidence: of all intervals together.
/// - Precondition: all have the same objectives and replications.
package func paretoFront(replications points: [[[Double]]], confidence: Double) -> [Int] {
  let objectives = points.first?.count ?? 0
  let comparisons = max(1, objectives * points.count * max(1, points.count - 1))
  let each = bonferroniConfidence(confidence, intervals: comparisons)
  return points.indices.filter { index in
    !points.indices.contains { other in
      guard other != index else { return false }
      let bounds = zip(points[other], points[index]).map {
        SampleMean.ofDifferences($0, minus: $1).interval(confidence: each).high
      }
      return dominates(bounds, bounds.map { _ in 0 })
    }
  }
}
