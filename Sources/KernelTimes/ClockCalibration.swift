// The clock of a GPU under load, from the user's own rows: the only thing that rows of some series
// say about others.

import Numerics
import Units

/// How much slower arithmetic is on a machine than expected.
package struct ClockCalibration: Hashable, Sendable {
  /// Catalogue name of the GPU.
  package var gpu: String
  /// In ln time, beyond the slowdown of long runs.
  package var offset: Double
  /// Standard deviation of the slowdown.
  package var deviation: Double

  /// Series that must agree, and how well, in ln time.
  static let leastSeries = 3
  static let agreement = 0.02
  /// Clocks are not known better from offsets of a few series.
  static let leastDeviation = 0.005

  /// Makes a known clock.
  package init(gpu: String, offset: Double, deviation: Double) {
    self.gpu = gpu
    self.offset = offset
    self.deviation = deviation
  }

  /// The clock on which the offsets of arithmetic kernels agree; nil if they do not, or are few.
  ///
  /// Rows of bursts shift the clock but say nothing about long runs, so only rows of long runs
  /// narrow its spread.
  ///
  /// - Parameter series: of one GPU.
  package init?(_ series: [CalibratedSeries]) {
    let arithmetic = series.filter(\.isArithmetic)
    let sustained = arithmetic.filter(\.isSustained)
    let isNarrowing = sustained.count >= Self.leastSeries
    let used = isNarrowing ? sustained : arithmetic.filter { !$0.isSustained }
    let means = used.map(\.shrinkage.mean)
    guard used.count >= Self.leastSeries, let least = means.min(), let most = means.max(),
      most - least <= Self.agreement
    else { return nil }
    let precisions = used.map { 1 / $0.shrinkage.variance }
    let sum = precisions.reduce(0, +)
    gpu = used[0].measured.device.name
    offset = zip(precisions, means).reduce(0) { $0 + $1.0 * $1.1 } / sum
    deviation =
      isNarrowing
      ? min(
        KernelModel.assumedClockDeviation, max(Self.leastDeviation, (1 / sum).squareRoot()))
      : KernelModel.assumedClockDeviation
  }
}

extension CalibratedSeries {
  /// Whether all rows come from long runs.
  fileprivate var isSustained: Bool { measured.rows.allSatisfy(\.isSustained) }

  /// Whether arithmetic takes most of the time of most rows.
  fileprivate var isArithmetic: Bool {
    let models = [false, true].map {
      KernelModel(
        measured.kernelClass, measured.kind.name, on: measured.device, sustained: $0)
    }
    let count = measured.rows.count { row in
      let ratio =
        models[1].microseconds(row.extents) / models[0].microseconds(row.extents)
      return naturalLogarithm(ratio) > KernelModel.assumedSustainedClock / 2
    }
    return 2 * count > measured.rows.count
  }
}
