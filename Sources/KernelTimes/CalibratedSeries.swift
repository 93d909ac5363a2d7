// A series with a user's own rows: its offset on that machine, and the rows in the smooth
// correction.
//
// Where rows of the GPU and kind are compiled in, the user's rows less their offset join them.
// Where times are borrowed, the offset is that of the whole series from its lenders, and a smooth
// correction of its own follows what is left. No other series sees these rows.

import Numerics
import Units

/// A user's rows of one class, kind and GPU.
package struct MeasuredRows: Hashable, Sendable {
  /// One measured shape.
  package struct Row: Hashable, Sendable {
    /// As the columns of the class.
    package var extents: [Double]
    /// Of one call.
    package var microseconds: Double
    /// The file that it comes from.
    package var source: String
    /// Whether it comes from a long run, at the clocks of one.
    package var isSustained: Bool

    /// Makes a row.
    package init(
      extents: [Double], microseconds: Double, source: String, isSustained: Bool = false
    ) {
      self.extents = extents
      self.microseconds = microseconds
      self.source = source
      self.isSustained = isSustained
    }
  }

  /// The law of their times.
  package let kernelClass: MeasuredClass
  /// What was measured.
  package let kind: KernelKind
  /// On what.
  package let device: Device
  /// One a shape.
  package var rows: [Row]

  /// Makes a set of rows.
  package init(_ kernelClass: MeasuredClass, _ kind: KernelKind, on device: Device, _ rows: [Row]) {
    self.kernelClass = kernelClass
    self.kind = kind
    self.device = device
    self.rows = rows
  }

  /// Its name in lists: `gemm h800-sxm fp8_block_net`.
  package var name: String { "\(kernelClass.rawValue) \(device.name) \(kind.name)" }

  /// The files that they come from, in their order.
  package var sources: [String] {
    var seen: [String] = []
    for row in rows where !seen.contains(row.source) { seen.append(row.source) }
    return seen
  }

  /// The most rows that are kept: the smooth correction costs their cube.
  package static let rowLimit = 200

  /// The rows, thinned evenly in the order of their extents if there are more than the limit.
  package func thinned() -> MeasuredRows {
    guard rows.count > Self.rowLimit else { return self }
    let sorted = rows.sorted { $0.extents.lexicographicallyPrecedes($1.extents) }
    var copy = self
    copy.rows = (0..<Self.rowLimit).map { sorted[(2 * $0 + 1) * rows.count / (2 * Self.rowLimit)] }
    return copy
  }
}

/// What a user's rows say about their series.
package struct CalibratedSeries: Sendable {
  /// The rows.
  package let measured: MeasuredRows
  /// What the series rests on without them.
  package let prior: KernelSupport
  /// The expected size of the offset.
  package let tau: Double
  /// The spread of rows around it.
  package let omega: Double
  /// The offset.
  package let shrinkage: Shrinkage
  /// ln(measured / predicted) of each row without calibration.
  package let residuals: [Double]
  /// The tail of its own errors; nil with too few rows.
  package let tail: ErrorTail?
  /// The compiled rows together with these; nil if there are none.
  let own: ConditionedSeries?
  /// The smooth correction over the offset; nil if there are compiled rows.
  let field: ResidualField?

  /// Rows from which on errors have a tail of their own.
  static let rowsForTail = 20

  /// Calibrates a series on rows.
  ///
  /// - Parameter measured: one row at least.
  package init(_ measured: MeasuredRows) {
    precondition(!measured.rows.isEmpty, "a series is calibrated on rows")
    let measured = measured.thinned()
    self.measured = measured
    let constants = measured.kernelClass.constants
    let models = [false, true].map {
      KernelModel(
        measured.kernelClass, measured.kind.name, on: measured.device, sustained: $0)
    }
    let (burst, sustained) = (models[0], models[1])
    residuals = measured.rows.map { row in
      let model = row.isSustained ? sustained : burst
      return naturalLogarithm(row.microseconds)
        - naturalLogarithm(model.microseconds(row.extents))
    }
    let spreads = measured.rows.map { burst.spread($0.extents) }
    prior = spreads[0].support
    if case .borrowed(let rung) = prior {
      omega = constants.withinSeries
      let least = measured.kernelClass == .grouped ? KernelSupport.groupedOffset : 0
      tau = max(least, KernelSupport.offsets[rung - 1])
    } else {
      let squares = spreads.reduce(0) { $0 + $1.deviation * $1.deviation }
      omega = (squares / Double(spreads.count)).squareRoot()
      tau = Shrinkage.leastOffset
    }
    let shrinkage = Shrinkage(residuals, omega: omega, tau: tau)
    self.shrinkage = shrinkage
    let rests = residuals.map { $0 - shrinkage.mean }
    var errors: [(error: Double, deviation: Double)]
    if let compiled = burst.ownSeries {
      let rows = zip(measured.rows, rests).map { row, rest in
        Series.Row(
          extents: row.extents, microseconds: burst.microseconds(row.extents) * exponential(rest),
          share: 1, fact: nil)
      }
      let joined = compiled.adding(rows, noiseScale: shrinkage.weights.map { 1 / $0 })
      (own, field) = (joined, nil)
      let variance = shrinkage.variance
      errors = joined.leaveOneOut().suffix(rows.count).map {
        ($0.error, ($0.deviation * $0.deviation + variance).squareRoot())
      }
    } else {
      let field = ResidualField(measured, rests, spread: omega, weights: shrinkage.weights)
      (own, self.field) = (nil, field)
      errors = ResidualField.leaveOneOut(
        measured, residuals, spread: omega, weights: shrinkage.weights, offset: tau)
    }
    tail =
      measured.rows.count < Self.rowsForTail
      ? nil : ErrorTail(fitting: errors.map { $0.error / $0.deviation })
  }

  /// Why the set is not to be used; nil if it is.
  package var refusal: String? {
    let count = measured.rows.count
    if count < 3 { return "\(count) shape\(count == 1 ? "" : "s"): an offset needs three" }
    if abs(shrinkage.mean) > 3 * tau {
      return "an offset beyond three times what is expected: another kernel, unit or GPU?"
    }
    if 3 * shrinkage.outliers > count {
      return "\(shrinkage.outliers) of \(count) rows are outliers: rows of several kernels?"
    }
    return nil
  }

  /// Deviation of ln time of a row of the series away from measured shapes, without and with the
  /// rows.
  package var spreads: (before: Double, after: Double) {
    let isBorrowed = if case .borrowed = prior { true } else { false }
    let before = isBorrowed ? tau * tau + omega * omega : omega * omega
    return (before.squareRoot(), (omega * omega + shrinkage.variance).squareRoot())
  }

  /// What it adds to ln time at extents; compiled rows know the user's own already.
  func correction(_ extents: [Double]) -> Double {
    shrinkage.mean + (field?.mean(extents) ?? 0)
  }

  /// Standard deviation of ln time of a new row at extents.
  func deviation(_ extents: [Double], on law: Law) -> Double {
    let rest = own?.deviation(extents, on: law) ?? 0
    let variance = field?.variance(extents) ?? rest * rest
    return (variance + shrinkage.variance).squareRoot()
  }

  /// Whether rows of this shape, within a quarter of an octave, are among them.
  func hasShape(of extents: [Double]) -> Bool {
    let wanted = measured.kernelClass.shape(extents)
    return measured.rows.contains { row in
      zip(measured.kernelClass.shape(row.extents), wanted).allSatisfy {
        $0 == $1 || abs(log2($0) - log2($1)) <= 0.25
      }
    }
  }
}

/// A smooth correction of ln time around a borrowed series with a known offset.
struct ResidualField: Sendable {
  private let kernelClass: MeasuredClass
  private let constants: ClassConstants
  private let coordinates: [[Double]]
  private let factor: Cholesky
  private let weights: [Double]
  /// Deviation of the correction, so that it and the noise have the spread of rows together.
  private let deviation: Double

  /// - Parameters:
  ///   - rests: residuals less the offset.
  ///   - spread: of rows around the offset.
  ///   - weights: of outliers.
  init(_ measured: MeasuredRows, _ rests: [Double], spread: Double, weights: [Double]) {
    kernelClass = measured.kernelClass
    let constants = measured.kernelClass.constants
    self.constants = constants
    let coordinates = measured.rows.map { Self.place($0.extents, measured.kernelClass, constants) }
    self.coordinates = coordinates
    let deviation = Self.deviation(spread, constants)
    self.deviation = deviation
    factor = Self.factor(coordinates, constants, deviation, weights, offset: 0)
    self.weights = factor.solve(rests)
  }

  /// The correction at extents.
  func mean(_ extents: [Double]) -> Double {
    zip(covariances(extents), weights).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Variance of a new row around the offset.
  func variance(_ extents: [Double]) -> Double {
    let noise = constants.noise * constants.noise
    let known = factor.squaredLength(covariances(extents))
    return max(0, deviation * deviation - known) + noise
  }

  private func covariances(_ extents: [Double]) -> [Double] {
    let place = Self.place(extents, kernelClass, constants)
    return coordinates.map { ConditionedSeries.covariance(place, $0, deviation) }
  }

  /// Errors of each row predicted from the others, with the deviations of a row that is no outlier.
  ///
  /// - Parameter offset: expected size of the offset, which is left to the rows.
  static func leaveOneOut(
    _ measured: MeasuredRows, _ residuals: [Double], spread: Double, weights: [Double],
    offset: Double
  ) -> [(error: Double, deviation: Double)] {
    let constants = measured.kernelClass.constants
    let coordinates = measured.rows.map { place($0.extents, measured.kernelClass, constants) }
    let factor = factor(
      coordinates, constants, deviation(spread, constants), weights, offset: offset)
    let noise = constants.noise * constants.noise
    return zip(zip(factor.solve(residuals), factor.inverseDiagonal()), weights).map {
      pair, weight in
      let surplus = noise * (1 / weight - 1)
      return (pair.0 / pair.1, (1 / pair.1 - surplus).squareRoot())
    }
  }

  private static func deviation(_ spread: Double, _ constants: ClassConstants) -> Double {
    max(0, spread * spread - constants.noise * constants.noise).squareRoot()
  }

  private static func place(
    _ extents: [Double], _ kernelClass: MeasuredClass, _ constants: ClassConstants
  ) -> [Double] {
    ConditionedSeries.scaled(kernelClass.coordinates(extents), constants)
  }

  private static func factor(
    _ coordinates: [[Double]], _ constants: ClassConstants, _ deviation: Double,
    _ weights: [Double], offset: Double
  ) -> Cholesky {
    let noise = constants.noise * constants.noise
    return Cholesky(size: coordinates.count) { i, j in
      let shared =
        ConditionedSeries.covariance(coordinates[i], coordinates[j], deviation) + offset * offset
      return i == j ? shared + noise / weights[i] : shared
    }
  }
}
