// Elementary effects: random paths through a grid of four levels on which one input changes at a
// time (M. Morris, "Factorial sampling plans for preliminary computational experiments", 1991;
// mu* from F. Campolongo, J. Cariboni, A. Saltelli, 2007).

import Units

/// A design of `trajectories` times (k + 1) points of the unit cube.
package struct Morris: Hashable, Sendable {
  /// The points, path after path, `[trajectories (dimensions + 1), dimensions]`.
  package var points: [[Double]]
  private var dimensions: Int

  /// The effects of one input.
  package struct Effect: Hashable, Sendable {
    /// Number of steps whose two results are known.
    package var count: Int
    /// Mean effect of moving the input through its whole range.
    package var mean: Double
    /// Mean size of the effect: the input's influence.
    package var meanSize: Double
    /// Standard deviation of the effect: curvature and interactions.
    package var standardDeviation: Double
  }

  /// The step between the levels 0, 1/3, 2/3 and 1 that makes both ends equally likely.
  private static let step = 2.0 / 3

  /// Makes paths with one random stream each.
  ///
  /// - Parameters:
  ///   - dimensions: number of inputs.
  ///   - trajectories: number of paths; 10 to 20 are usual.
  ///   - seed: of the paths' random streams.
  /// - Precondition: `dimensions` > 0 and `trajectories` > 0.
  package init(dimensions: Int, trajectories: Int, seed: UInt64) {
    precondition(dimensions > 0 && trajectories > 0, "an empty design")
    self.dimensions = dimensions
    points = []
    for path in 0..<trajectories {
      var stream = RandomStream(seed: seed, purpose: RandomPurpose("sweep.morris"), entity: path)
      var point = (0..<dimensions).map { _ in Double(stream.index(below: 4)) / 3 }
      var order = Array(0..<dimensions)
      for last in order.indices.dropFirst().reversed() {
        order.swapAt(last, stream.index(below: last + 1))
      }
      points.append(point)
      for dimension in order {
        point[dimension] += point[dimension] < 0.5 ? Self.step : -Self.step
        points.append(point)
      }
    }
  }

  /// The effects of each input; steps from or to an unknown result count for nothing, nor do steps
  /// that leave the input's value as it is.
  ///
  /// - Parameters:
  ///   - values: the result at each point, in the order of the points; nil if there is none.
  ///   - realised: where the points lie, if inputs took other values than they were to; nil for
  ///     where they were placed.
  /// - Precondition: there is one value for each point, and each lies somewhere.
  package func effects(_ values: [Double?], at realised: [[Double]]? = nil) -> [Effect] {
    let points = realised ?? self.points
    precondition(
      values.count == self.points.count && points.count == values.count,
      "\(values.count) values and \(points.count) places of \(self.points.count) points")
    var effects = [[Double]](repeating: [], count: dimensions)
    for index in points.indices where index % (dimensions + 1) > 0 {
      guard let from = values[index - 1], let to = values[index] else { continue }
      let (before, after) = (points[index - 1], points[index])
      for dimension in 0..<dimensions where after[dimension] != before[dimension] {
        effects[dimension].append((to - from) / (after[dimension] - before[dimension]))
      }
    }
    return effects.map {
      let sample = SampleMean($0)
      return Effect(
        count: sample.count, mean: sample.mean, meanSize: SampleMean($0.map(abs)).mean,
        standardDeviation: sample.standardDeviation)
    }
  }
}
