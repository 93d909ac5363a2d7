// The smooth correction to a law, and the uncertainty of its parameters, conditioned on rows in one
// step: a Gaussian process whose mean is the law, linear in the logarithms of its parameters.
//
// Measured times differ from the law by a part that changes slowly with the extents, with a Matern
// 3/2 covariance over their powers of two, and by noise. A new shape's error grows with its
// distance from the rows, from the noise to that of the correction and the parameters together.

import Numerics
import Units

/// A series conditioned on its rows.
struct ConditionedSeries: Sendable {
  let series: Series
  /// Where the law is taken as linear.
  let theta: [Double]
  private let prior: ParameterPrior
  private let constants: ClassConstants
  private let coordinates: [[Double]]
  private let sensitivities: [[Double]]
  private let factor: Cholesky
  /// (K + noise)^-1 times what the law at the prior's means leaves.
  private let weights: [Double]
  /// Means of the logarithms of the parameters on the rows, less those where the law is linear.
  private let parameterOffset: [Double]
  /// The parameters with one of them moved by a step, for slopes.
  private let displaced: [[Double]]
  /// The coordinates of the rows, one row after another.
  private let flatCoordinates: [Double]
  /// The step of a parameter's logarithm by which slopes are taken.
  private static let step = 1e-4
  /// The shapes of its rows.
  private let shapes: Set<[Double]>
  /// Variance of the noise of each row over that of a new one.
  private let noiseScale: [Double]

  /// - Parameters:
  ///   - kept: places of the rows to condition on; all if nil.
  ///   - noiseScale: a factor on the variance of each of those rows: that of outliers.
  init(
    _ series: Series, theta: [Double], prior: ParameterPrior, rows kept: [Int]? = nil,
    noiseScale: [Double]? = nil, constants: ClassConstants? = nil
  ) {
    let constants = constants ?? series.kernelClass.constants
    let rows = kept.map { $0.map { series.rows[$0] } } ?? series.rows
    self.series = series
    self.theta = theta
    self.prior = prior
    self.constants = constants
    let coordinates = rows.map {
      Self.scaled(series.kernelClass.coordinates($0.extents), constants)
    }
    var (sensitivities, rest): ([[Double]], [Double]) = ([], [])
    for row in rows {
      let law = series.law(of: row)
      let (ln, slopes) = Self.linearised(law, row.extents, theta)
      sensitivities.append(slopes)
      let atPrior = zip(slopes, zip(prior.means, theta)).reduce(0) {
        $0 + $1.0 * ($1.1.0 - naturalLogarithm($1.1.1))
      }
      rest.append(naturalLogarithm(row.microseconds) - ln - atPrior)
    }
    let variances = prior.deviations.map { $0 * $0 }
    let noise = constants.noise * constants.noise
    factor = Cholesky(size: rows.count) { i, j in
      var sum = Self.covariance(coordinates[i], coordinates[j], constants.fieldDeviation)
      for p in variances.indices {
        sum += sensitivities[i][p] * variances[p] * sensitivities[j][p]
      }
      return i == j ? sum + noise * (noiseScale?[i] ?? 1) : sum
    }
    weights = factor.solve(rest)
    self.noiseScale = noiseScale ?? rows.map { _ in 1 }
    shapes = Set(rows.map { series.kernelClass.shape($0.extents) })
    self.coordinates = coordinates
    self.sensitivities = sensitivities
    let weights = weights
    parameterOffset = variances.indices.map { p in
      prior.means[p] - naturalLogarithm(theta[p]) + variances[p]
        * zip(sensitivities, weights).reduce(0) { $0 + $1.0[p] * $1.1 }
    }
    displaced = Self.displaced(theta)
    flatCoordinates = coordinates.flatMap(\.self)
  }

  /// The same fit conditioned on further rows too.
  ///
  /// - Parameter noiseScale: a factor on the variance of each of them.
  func adding(_ rows: [Series.Row], noiseScale: [Double]) -> ConditionedSeries {
    var joined = series
    joined.rows += rows
    return ConditionedSeries(
      joined, theta: theta, prior: prior, noiseScale: self.noiseScale + noiseScale,
      constants: constants)
  }

  /// The mean of ln microseconds of extents on a law, which may be that of another device.
  ///
  /// - Parameter fieldShare: the part of the smooth correction that is used.
  func mean(
    _ extents: [Double], on law: Law, fieldShare: Double = 1, _ use: KernelUse = KernelUse()
  ) -> Double {
    let ln = naturalLogarithm(law.microseconds(extents, theta, use))
    var sum = ln + fieldShare * field(extents)
    for p in displaced.indices {
      let slope =
        (naturalLogarithm(law.microseconds(extents, displaced[p], use)) - ln) / Self.step
      sum += slope * parameterOffset[p]
    }
    return sum
  }

  /// The smooth correction of ln microseconds at extents.
  func field(_ extents: [Double]) -> Double {
    let place = Self.scaled(series.kernelClass.coordinates(extents), constants)
    let dimensions = place.count
    let variance = constants.fieldDeviation * constants.fieldDeviation
    var sum = 0.0
    // The innermost loop of every kernel time.
    place.withUnsafeBufferPointer { place in
      flatCoordinates.withUnsafeBufferPointer { rows in
        for row in 0..<weights.count {
          var squares = 0.0
          for d in 0..<dimensions {
            let difference = place[d] - rows[row * dimensions + d]
            squares += difference * difference
          }
          let distance = (3 * squares).squareRoot()
          sum += (1 + distance) * exponential(-distance) * weights[row]
        }
      }
    }
    return variance * sum
  }

  /// Standard deviation of ln microseconds of a new row at extents, its noise included.
  func deviation(_ extents: [Double], on law: Law) -> Double {
    let (_, slopes) = Self.linearised(law, extents, theta)
    let place = Self.scaled(series.kernelClass.coordinates(extents), constants)
    var own = constants.fieldDeviation * constants.fieldDeviation
    for p in slopes.indices {
      own += slopes[p] * slopes[p] * prior.deviations[p] * prior.deviations[p]
    }
    let shared = coordinates.indices.map { i in
      var sum = Self.covariance(place, coordinates[i], constants.fieldDeviation)
      for p in slopes.indices {
        sum += slopes[p] * prior.deviations[p] * prior.deviations[p] * sensitivities[i][p]
      }
      return sum
    }
    let noise = constants.noise * constants.noise
    return (max(0, own - factor.squaredLength(shared)) + noise).squareRoot()
  }

  /// Variance of the noise of a row beyond that of a new one.
  private func surplusNoise(_ row: Int) -> Double {
    constants.noise * constants.noise * (noiseScale[row] - 1)
  }

  /// Errors of ln time of each row predicted from the others, with the standard deviations of a
  /// row that is no outlier.
  func leaveOneOut() -> [(error: Double, deviation: Double)] {
    zip(weights, factor.inverseDiagonal()).enumerated().map { row, pair in
      (pair.0 / pair.1, (1 / pair.1 - surplusNoise(row)).squareRoot())
    }
  }

  /// Errors of the rows at some places predicted from all the others.
  func leaveOut(_ places: [Int]) -> [(error: Double, deviation: Double)] {
    let columns = places.map { factor.inverseColumn($0) }
    let block = Cholesky(size: places.count) { columns[$0][places[$1]] }
    let errors = block.solve(places.map { weights[$0] })
    let variances = block.inverseDiagonal()
    return zip(zip(errors, variances), places).map { pair, place in
      (pair.0, (pair.1 - surplusNoise(place)).squareRoot())
    }
  }

  /// Whether rows of this shape, within a quarter of an octave, are among the series'.
  func hasShape(of extents: [Double]) -> Bool {
    let wanted = series.kernelClass.shape(extents)
    return shapes.contains { shape in
      zip(shape, wanted).allSatisfy { $0 == $1 || abs(log2($0) - log2($1)) <= 0.25 }
    }
  }

  /// Whether a kernel of experts has fewer rows an expert than any of the series.
  func hasFewerRows(than extents: [Double]) -> Bool {
    func rows(_ extents: [Double]) -> Double? {
      switch series.kernelClass {
      case .grouped: extents[1]
      case .expertBlock: extents[0] / extents[1]
      default: nil
      }
    }
    guard let wanted = rows(extents) else { return false }
    return series.rows.allSatisfy { (rows($0.extents) ?? 0) > wanted }
  }

  /// ln of the law, and its slopes in ln of the parameters.
  static func linearised(
    _ law: Law, _ extents: [Double], _ theta: [Double], _ use: KernelUse = KernelUse()
  ) -> (ln: Double, slopes: [Double]) {
    func ln(_ theta: [Double]) -> Double {
      naturalLogarithm(law.microseconds(extents, theta, use))
    }
    let base = ln(theta)
    return (base, displaced(theta).map { (ln($0) - base) / step })
  }

  private static func displaced(_ theta: [Double]) -> [[Double]] {
    theta.indices.map { p in
      var moved = theta
      moved[p] *= exponential(step)
      return moved
    }
  }

  /// Coordinates over the lengths of the class.
  static func scaled(_ coordinates: [Double], _ constants: ClassConstants) -> [Double] {
    var scaled = coordinates
    for d in scaled.indices { scaled[d] /= constants.lengths[d] }
    return scaled
  }

  /// The Matern 3/2 covariance of the smooth correction at two places.
  static func covariance(_ a: [Double], _ b: [Double], _ deviation: Double) -> Double {
    var squares = 0.0
    for d in a.indices { squares += (a[d] - b[d]) * (a[d] - b[d]) }
    let distance = (3 * squares).squareRoot()
    return deviation * deviation * (1 + distance) * exponential(-distance)
  }
}
