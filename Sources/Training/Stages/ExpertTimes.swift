// Time of the routed experts on one GPU by the number of rows it receives: a table, because a step
// asks for tens of thousands of different numbers.
//
// Between the points of the table time is linear in the rows. How a GPU's rows divide between its
// own experts does not count: grouped products of one length are timed, and the contiguous layout
// they were measured with pads each expert by less than 128 rows.

import Execution
import ModelCost
import Numerics
import Units

/// What routed experts cost a GPU, by its rows.
struct ExpertTimes: Sendable {
  /// Rows of the balanced load over which the table's points are set, ascending ratios.
  private let ratios: [Double]
  private let mean: Double
  /// Picoseconds at each ratio: `[pass][ratio]`.
  private let alone: [[Double]]
  private let besideCommunication: [[Double]]

  /// Points per doubling of the rows, and the point of the balanced load.
  private static let pointsPerDoubling = 8
  private static let balancedPoint = 4 * pointsPerDoubling

  /// - Parameters:
  ///   - most: the largest number of rows that will be asked for.
  ///   - time: the time of a part of the layer with the work of one GPU.
  init(
    work: LayerWork, most: Int, time: (LayerWork, LayerKernels.Pass) -> ComputeTime
  ) {
    let mean = Double(work.expertRows)
    self.mean = mean
    // From a sixteenth of the mean; below that the time is taken as constant.
    var ratios: [Double] = []
    while ratios.count <= Self.balancedPoint || ratios[ratios.count - 1] * mean < Double(most) {
      let doublings =
        Double(ratios.count - Self.balancedPoint) / Double(Self.pointsPerDoubling)
      ratios.append(exponential(doublings * naturalLogarithm(2)))
    }
    self.ratios = ratios
    let passes = LayerKernels.Pass.allCases.map { pass in
      ratios.map { ratio in
        var uneven = work
        uneven.expertRows = Int((ratio * mean).rounded())
        uneven.arrivedTokens = Int((ratio * Double(work.arrivedTokens)).rounded())
        return time(uneven, pass)
      }
    }
    alone = passes.map { $0.map { Double($0.alone.picoseconds) } }
    besideCommunication = passes.map { $0.map { Double($0.besideCommunication.picoseconds) } }
  }

  /// The time of a pass with a number of rows.
  ///
  /// - Complexity: linear in the points between the balanced load and the rows, at most.
  func time(_ pass: LayerKernels.Pass, rows: Double) -> ComputeTime {
    let ratio = rows / mean
    // A short walk from the balanced point is faster than a logarithm.
    var upper = ratio > 1 ? Self.balancedPoint : 1
    while upper < ratios.count - 1, ratios[upper] < ratio { upper += 1 }
    let (low, high) = (ratios[upper - 1], ratios[upper])
    let fraction = min(1, max(0, (ratio - low) / (high - low)))
    return at(upper - 1, upper, fraction, pass)
  }

  private func at(
    _ low: Int, _ high: Int, _ fraction: Double, _ pass: LayerKernels.Pass
  ) -> ComputeTime {
    let row =
      switch pass {
      case .forward: 0
      case .backwardInput: 1
      case .backwardWeight: 2
      }
    func between(_ values: [Double]) -> SimDuration {
      SimDuration(
        picoseconds: Int64((values[low] + (values[high] - values[low]) * fraction).rounded()))
    }
    return ComputeTime(
      alone: between(alone[row]), besideCommunication: between(besideCommunication[row]))
  }
}
