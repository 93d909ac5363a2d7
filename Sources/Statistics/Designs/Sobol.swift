// Shares of a result's variance by input: first order, what an input explains alone, and total,
// with all its interactions. Sources: A. Saltelli and others, "Variance based sensitivity analysis
// of model output", 2010, table 2: (b) for first order, (f), M. Jansen's, for total.

import Numerics
import Units

/// A design of N (k + 2) points of the unit cube: matrices A and B, then A with one column of B.
package struct Sobol: Hashable, Sendable {
  /// Number of inputs.
  package let dimensions: Int
  /// Rows of A and of B.
  package let rows: Int
  private let first: [[Double]]
  private let second: [[Double]]

  /// The most inputs: A and B take a coordinate each of one quasi-random sequence.
  package static let maximumDimensions = sobolDimensions / 2

  /// Makes a design from Sobol's sequence, shifted at random modulo 1.
  ///
  /// - Parameters:
  ///   - dimensions: number of inputs.
  ///   - rows: rows of A and of B: a power of two, at least 512 for indices that can be trusted.
  ///   - seed: of the shift.
  /// - Precondition: 1 <= `dimensions` <= `maximumDimensions` and `rows` > 0.
  package init(dimensions: Int, rows: Int, seed: UInt64) {
    precondition((1...Self.maximumDimensions).contains(dimensions) && rows > 0)
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("sweep.sobol"))
    let shifts = (0..<2 * dimensions).map { _ in stream.uniform() }
    let points = sobolSequence(count: rows, dimensions: 2 * dimensions).map {
      zip($0, shifts).map { $0 + $1 < 1 ? $0 + $1 : $0 + $1 - 1 }
    }
    self.init(
      first: points.map { Array($0.prefix(dimensions)) },
      second: points.map { Array($0.suffix(dimensions)) })
  }

  /// Makes a design from its two matrices, `[rows, dimensions]`.
  init(first: [[Double]], second: [[Double]]) {
    precondition(first.count == second.count, "the matrices differ")
    dimensions = first.first?.count ?? 0
    rows = first.count
    self.first = first
    self.second = second
  }

  /// The points to evaluate, `[rows (dimensions + 2), dimensions]`.
  package var points: [[Double]] {
    var points = first + second
    for column in 0..<dimensions {
      for (row, b) in zip(first, second) {
        var point = row
        point[column] = b[column]
        points.append(point)
      }
    }
    return points
  }

  /// The indices of one input.
  package struct Index: Hashable, Sendable {
    /// What the input explains alone; small ones may be estimated below zero.
    package var first: Double
    /// What the input explains with all its interactions.
    package var total: Double
    /// Bootstrap interval of the first-order index.
    package var firstInterval: Interval
    /// Bootstrap interval of the total index.
    package var totalInterval: Interval
  }

  /// The rows whose results are all known.
  ///
  /// - Precondition: there is one value for each point.
  package func wholeRows(_ results: [Double?]) -> [Int] {
    precondition(results.count == rows * (dimensions + 2), "\(results.count) values of the design")
    return (0..<rows).filter { row in
      (0..<dimensions + 2).allSatisfy { results[row + $0 * rows] != nil }
    }
  }

  /// The indices of each input, from whole rows; zeros where the result does not vary.
  ///
  /// - Parameters:
  ///   - results: the result at each point, in the order of the points; nil if there is none.
  ///   - centred: takes the mean from the values first. The first-order estimator's error grows
  ///     with the mean; without, it is the published formula to the letter.
  ///   - confidence: of each percentile interval.
  ///   - resamples: of rows, for the percentile intervals.
  ///   - seed: of the resamples.
  /// - Precondition: there is one value for each point, and at least one resample.
  package func indices(
    _ results: [Double?], centred: Bool = true, confidence: Double = 0.95, resamples: Int = 1000,
    seed: UInt64 = 0
  ) -> [Index] {
    precondition(resamples > 0, "no resample")
    let whole = wholeRows(results)
    let both = whole.map { results[$0] } + whole.map { results[rows + $0] }
    let centre = centred ? SampleMean(both.compactMap(\.self)).mean : 0
    // The other rows are never read.
    let values = results.map { ($0 ?? 0) - centre }
    let all = estimates(values, rows: whole)
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("sweep.sobol.bootstrap"))
    let draws = (0..<resamples).map { _ in
      estimates(values, rows: whole.map { _ in whole[stream.index(below: whole.count)] })
    }
    let tail = (1 - confidence) / 2
    func interval(_ value: Double, _ drawn: [Double]) -> Interval {
      Interval(min(value, sampleQuantile(drawn, tail)), max(value, sampleQuantile(drawn, 1 - tail)))
    }
    return (0..<dimensions).map { input in
      Index(
        first: all.first[input], total: all.total[input],
        firstInterval: interval(all.first[input], draws.map { $0.first[input] }),
        totalInterval: interval(all.total[input], draws.map { $0.total[input] }))
    }
  }

  /// The estimators over some rows, which may repeat.
  private func estimates(
    _ values: [Double], rows chosen: [Int]
  ) -> (first: [Double], total: [Double]) {
    let both = chosen.map { values[$0] } + chosen.map { values[rows + $0] }
    let count = Double(max(1, both.count))
    let mean = both.reduce(0, +) / count
    let variance = both.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    var (first, total) = ([Double](), [Double]())
    for input in 0..<dimensions {
      let offset = rows * (2 + input)
      var (alone, together) = (0.0, 0.0)
      for row in chosen {
        let (a, b, mixed) = (values[row], values[rows + row], values[offset + row])
        alone += b * (mixed - a)
        together += (a - mixed) * (a - mixed)
      }
      let scale = variance == 0 ? 0 : 1 / (variance * Double(chosen.count))
      first.append(alone * scale)
      total.append(together * scale / 2)
    }
    return (first, total)
  }
}
