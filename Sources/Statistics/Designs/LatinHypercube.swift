// Latin hypercube designs: n points of which exactly one lies in each of n equal slices of every
// dimension (M. McKay, R. Beckman, W. Conover, 1979).

import Units

/// A Latin hypercube in the unit cube.
package struct LatinHypercube: Hashable, Sendable {
  /// The points, `[points, dimensions]`, each coordinate in (0, 1).
  package var points: [[Double]]

  /// Makes a design with one random stream for each dimension, so that adding a dimension at the
  /// end leaves the others as they are.
  ///
  /// - Parameters:
  ///   - count: number of points.
  ///   - dimensions: number of inputs.
  ///   - seed: the sweep's hash.
  /// - Precondition: `count` and `dimensions` are not negative.
  package init(count: Int, dimensions: Int, seed: UInt64) {
    self.init(
      count: count,
      streams: (0..<dimensions).map {
        RandomStream(seed: seed, purpose: RandomPurpose("sweep.latin_hypercube"), entity: $0)
      })
  }

  /// Makes a design from the streams of its dimensions.
  private init(count: Int, streams: [RandomStream]) {
    points = [[Double]](repeating: [], count: count)
    for var stream in streams { addDimension { stream.uniform() } }
  }

  /// Makes a design from uniform numbers in (0, 1), dimension after dimension: those of the
  /// shuffle, then those of the positions in the slices.
  init(count: Int, dimensions: Int, uniform: () -> Double) {
    points = [[Double]](repeating: [], count: count)
    for _ in 0..<dimensions { addDimension(uniform: uniform) }
  }

  /// Adds a coordinate to every point: a Fisher-Yates shuffle of the slices from the top down, then
  /// a place in each slice.
  private mutating func addDimension(uniform: () -> Double) {
    var slices = Array(points.indices)
    for last in slices.indices.dropFirst().reversed() {
      slices.swapAt(last, min(Int(uniform() * Double(last + 1)), last))
    }
    for index in points.indices {
      points[index].append((Double(slices[index]) + uniform()) / Double(points.count))
    }
  }

  /// The level of a coordinate of a key that has only some values.
  ///
  /// - Precondition: `levels` > 0 and 0 <= `coordinate` <= 1.
  package static func level(of coordinate: Double, levels: Int) -> Int {
    precondition(levels > 0 && (0...1).contains(coordinate), "no level of \(coordinate)")
    return min(Int(coordinate * Double(levels)), levels - 1)
  }
}
