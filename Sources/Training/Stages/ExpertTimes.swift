// Duration of the routed experts on one GPU by number of rows received. It is a table because a
// step needs the durations for tens of thousands of different row counts.
//
// Between the points of the table the duration is linear in the rows. The division of a GPU's rows
// between its experts makes no difference: grouped products of equal length are timed, and the
// contiguous layout in which they were measured pads each expert by less than 128 rows.

import Execution
import ModelCost
import Numerics
import Units

/// Cost of a GPU's routed experts as a function of its rows.
struct ExpertTimes: Sendable {
  /// Rows at each point of the table, relative to the balanced load, ascending.
  private let ratios: [Double]
  private let mean: Double
  /// The times at each ratio.
  private let passes: EnumTable<LayerKernels.Pass, [ComputeTime]>

  /// Points per doubling of the rows, and the point of the balanced load.
  private static let pointsPerDoubling = 8
  private static let balancedPoint = 4 * pointsPerDoubling

  /// - Parameters:
  ///   - most: the largest number of rows that will be requested.
  ///   - time: the duration of a part of the layer with the work of one GPU.
  init(
    work: LayerWork, most: Int, time: (LayerWork, LayerKernels.Pass) -> ComputeTime
  ) {
    let mean = Double(work.expertRows)
    self.mean = mean
    // From a sixteenth of the mean; below that the duration is assumed constant.
    var ratios: [Double] = []
    while ratios.count <= Self.balancedPoint || ratios[ratios.count - 1] * mean < Double(most) {
      let doublings =
        Double(ratios.count - Self.balancedPoint) / Double(Self.pointsPerDoubling)
      ratios.append(exponential(doublings * naturalLogarithm(2)))
    }
    self.ratios = ratios
    passes = EnumTable { pass in
      ratios.map { ratio in
        var uneven = work
        uneven.expertRows = Int((ratio * mean).rounded())
        uneven.arrivedTokens = Int((ratio * Double(work.arrivedTokens)).rounded())
        return time(uneven, pass)
      }
    }
  }

  /// The duration of a pass with a number of rows.
  ///
  /// - Complexity: at most linear in the points between the balanced load and the rows.
  func time(_ pass: LayerKernels.Pass, rows: Double) -> ComputeTime {
    let ratio = rows / mean
    // A short walk from the balanced point is faster than a logarithm.
    var upper = ratio > 1 ? Self.balancedPoint : 1
    while upper < ratios.count - 1, ratios[upper] < ratio { upper += 1 }
    let (low, high) = (ratios[upper - 1], ratios[upper])
    let fraction = min(1, max(0, (ratio - low) / (high - low)))
    let times = passes[pass]
    func between(_ low: SimDuration, _ high: SimDuration) -> SimDuration {
      let (low, high) = (Double(low.picoseconds), Double(high.picoseconds))
      return SimDuration(picoseconds: Int64((low + (high - low) * fraction).rounded()))
    }
    let (less, more) = (times[upper - 1], times[upper])
    return ComputeTime(
      alone: between(less.alone, more.alone),
      onFewerSMs: between(less.onFewerSMs, more.onFewerSMs),
      besideCommunication: between(less.besideCommunication, more.besideCommunication),
      exchangePace: less.exchangePace + (more.exchangePace - less.exchangePace) * fraction)
  }
}
