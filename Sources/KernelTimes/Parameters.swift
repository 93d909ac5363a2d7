// Parameters of a series, and what other series say about them.

import Numerics
import Units

/// A prior of parameters: means and standard deviations of their logarithms.
struct ParameterPrior: Sendable {
  var means: [Double]
  var deviations: [Double]

  /// What is known of a class without rows.
  init(_ constants: ClassConstants) {
    means = constants.parameters.map { naturalLogarithm($0.median) }
    deviations = constants.parameters.map(\.spread)
  }

  init(means: [Double], deviations: [Double]) {
    self.means = means
    self.deviations = deviations
  }

  /// What the fits of other series of the class say of one.
  ///
  /// Medians of the series of the same kind and architecture, else of the same kind, else of the
  /// same architecture, else of all; spread over the whole class, itself included.
  ///
  /// - Parameter fits: every series of the class with its parameters.
  init(for series: Series, from fits: [(series: Series, theta: [Double])]) {
    let constants = series.kernelClass.constants
    let others = fits.filter { $0.series.name != series.name }
    func isSameKind(_ other: Series) -> Bool { other.kind == series.kind }
    func isSameArchitecture(_ other: Series) -> Bool {
      other.device.architecture == series.device.architecture
    }
    let rungs = [
      others.filter { isSameKind($0.series) && isSameArchitecture($0.series) },
      others.filter { isSameKind($0.series) }, others.filter { isSameArchitecture($0.series) },
      others,
    ]
    guard let place = rungs.firstIndex(where: { !$0.isEmpty }) else {
      self.init(constants)
      return
    }
    let lenders = rungs[place]
    let isSame = place < 2
    let parameters = 0..<constants.parameters.count
    self.init(
      means: parameters.map { p in median(lenders.map { naturalLogarithm($0.theta[p]) }) },
      deviations: parameters.map { p in
        let all = fits.map { naturalLogarithm($0.theta[p]) }
        let middle = median(all)
        let deviation = 1.4826 * median(all.map { abs($0 - middle) })
        return min(1, max(0.05, deviation)) * (isSame ? 0.7 : 1)
          * (1 + 1 / Double(lenders.count)).squareRoot()
      })
  }
}

extension Series {
  /// The parameters that fit the rows, near a prior: least squares of soft-L1 residuals, those of
  /// ln time and those of the distance from the prior.
  ///
  /// The distance is softened too, so that rows which say clearly that a kernel is unlike its
  /// class, as one with a floor of 140 us is, are followed.
  ///
  /// - Parameter kept: the rows to use, as places; all by default.
  func fit(near prior: ParameterPrior, rows kept: [Int]? = nil) -> [Double] {
    let rows = kept.map { $0.map { self.rows[$0] } } ?? rows
    let laws = rows.map(law)
    let times = rows.map { naturalLogarithm($0.microseconds) }
    let solution = leastSquares(from: prior.means, residuals: rows.count + prior.means.count) {
      point, residuals in
      let theta = point.map(exponential)
      for (place, row) in rows.enumerated() {
        let error =
          times[place] - naturalLogarithm(laws[place].microseconds(row.extents, theta))
        residuals[place] = Self.softened(error)
      }
      for p in theta.indices {
        let distance = 0.1 * (point[p] - prior.means[p]) / prior.deviations[p]
        residuals[rows.count + p] = Self.softened(distance)
      }
    }
    return solution.map(exponential)
  }

  /// A residual whose square is the soft-L1 loss, with scale 0.1.
  private static func softened(_ error: Double) -> Double {
    let ratio = error / 0.1
    // Without cancellation for small errors.
    let loss = 2 * ratio * ratio / ((1 + ratio * ratio).squareRoot() + 1)
    return (error < 0 ? -0.1 : 0.1) * loss.squareRoot()
  }
}

/// The middle of some values; the mean of the two middle ones of an even number.
func median(_ values: [Double]) -> Double { quantile(values, 0.5) }

/// The quantile of values by linear interpolation at (n - 1) p.
///
/// - Precondition: there is a value.
func quantile(_ values: [Double], _ probability: Double) -> Double {
  precondition(!values.isEmpty, "a quantile is one of some values")
  let sorted = values.sorted()
  let place = Double(sorted.count - 1) * probability
  let low = Int(place)
  let high = min(low + 1, sorted.count - 1)
  return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
}
