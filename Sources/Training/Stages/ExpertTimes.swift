// Duration of the routed experts on one GPU by number of rows received. It is a table because a
// step needs the durations for tens of thousands of different row counts. The distinct tokens that
// the rows belong to add time in proportion: they are moved once, whatever their experts.
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
  private let meanArrived: Double
  /// The time that twice the mean number of arrived tokens adds, in picoseconds.
  private let arrivals: EnumTable<LayerKernels.Pass, Arrivals>

  /// Picoseconds of distinct tokens by what runs beside the experts.
  private struct Arrivals {
    var alone: Double
    var onFewerSMs: Double
    var besideCommunication: Double
  }

  /// Points per doubling of the rows, and the point of the balanced load.
  private static let pointsPerDoubling = 8
  private static let balancedPoint = 4 * pointsPerDoubling

  /// - Parameters:
  ///   - most: the largest number of rows that will be requested.
  ///   - time: the duration of a part of the layer with the work of one GPU.
  init(
    work: LayerWork, most: Double, time: (LayerWork, LayerKernels.Pass) -> ComputeTime
  ) {
    let mean = Double(work.expertRows)
    self.mean = mean
    // From a sixteenth of the mean; below that the duration is assumed constant.
    var ratios: [Double] = []
    while ratios.count <= Self.balancedPoint || ratios[ratios.count - 1] * mean < most {
      let doublings =
        Double(ratios.count - Self.balancedPoint) / Double(Self.pointsPerDoubling)
      ratios.append(exponential(doublings * naturalLogarithm(2)))
    }
    self.ratios = ratios
    meanArrived = Double(work.arrivedTokens)
    arrivals = EnumTable { pass in
      var doubled = work
      doubled.arrivedTokens *= 2
      let (more, less) = (time(doubled, pass), time(work, pass))
      func added(_ path: KeyPath<ComputeTime, SimDuration>) -> Double {
        Double((more[keyPath: path] - less[keyPath: path]).picoseconds)
      }
      return Arrivals(
        alone: added(\.alone), onFewerSMs: added(\.onFewerSMs),
        besideCommunication: added(\.besideCommunication))
    }
    passes = EnumTable { pass in
      ratios.map { ratio in
        var uneven = work
        uneven.expertRows = Int((ratio * mean).rounded())
        uneven.arrivedTokens = Int((ratio * Double(work.arrivedTokens)).rounded())
        return time(uneven, pass)
      }
    }
  }

  /// The duration of a pass with a number of rows and of distinct tokens.
  ///
  /// - Complexity: at most linear in the points between the balanced load and the rows.
  func time(_ pass: LayerKernels.Pass, rows: Double, arrived: Double) -> ComputeTime {
    let ratio = rows / mean
    // A short walk from the balanced point is faster than a logarithm.
    var upper = ratio > 1 ? Self.balancedPoint : 1
    while upper < ratios.count - 1, ratios[upper] < ratio { upper += 1 }
    let (low, high) = (ratios[upper - 1], ratios[upper])
    let fraction = min(1, max(0, (ratio - low) / (high - low)))
    let times = passes[pass]
    // The table has arrived tokens in proportion to rows.
    let surplus = meanArrived > 0 ? arrived / meanArrived - (low + (high - low) * fraction) : 0
    func between(_ low: SimDuration, _ high: SimDuration, _ arrivals: Double) -> SimDuration {
      let (low, high) = (Double(low.picoseconds), Double(high.picoseconds))
      let time = low + (high - low) * fraction + surplus * arrivals
      return SimDuration(picoseconds: Int64(max(0, time).rounded()))
    }
    let (less, more, extra) = (times[upper - 1], times[upper], arrivals[pass])
    return ComputeTime(
      alone: between(less.alone, more.alone, extra.alone),
      onFewerSMs: between(less.onFewerSMs, more.onFewerSMs, extra.onFewerSMs),
      besideCommunication: between(
        less.besideCommunication, more.besideCommunication, extra.besideCommunication),
      exchangePace: less.exchangePace + (more.exchangePace - less.exchangePace) * fraction)
  }
}
