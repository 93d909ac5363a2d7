// The offset of a series on a machine from residuals of its rows: a mean between what was expected
// and what was measured, by how much either is known.
//
// An offset delta ~ N(0, tau^2) of the whole series, and rows around it with a spread omega. Rows
// far outside get the weights of a Student-t with four degrees, so that one wrong row moves little.

/// An offset of ln time, with its uncertainty.
package struct Shrinkage: Hashable, Sendable {
  /// The mean of the offset.
  package let mean: Double
  /// Its variance.
  package let variance: Double
  /// The weight of each residual, at most 1.
  package let weights: [Double]

  /// Rounds after which weights no longer change.
  static let rounds = 20
  /// Degrees of freedom of the rows around the offset.
  static let degrees = 4.0
  /// A row with a lower weight is an outlier.
  package static let outlierWeight = 0.2
  /// Offsets of a machine from rows of its own GPU and kind: at least this spread is expected.
  static let leastOffset = 0.05

  /// - Parameters:
  ///   - residuals: ln(measured / predicted) of each shape.
  ///   - omega: the spread of rows around the offset; above 0.
  ///   - tau: the spread of offsets of a whole series; above 0.
  package init(_ residuals: [Double], omega: Double, tau: Double) {
    precondition(omega > 0 && tau > 0, "spreads are positive")
    let precision = 1 / (omega * omega)
    var weights = residuals.map { _ in 1.0 }
    func posterior() -> (mean: Double, variance: Double) {
      let variance = 1 / (1 / (tau * tau) + precision * weights.reduce(0, +))
      let sum = zip(weights, residuals).reduce(0) { $0 + $1.0 * $1.1 }
      return (sum * precision * variance, variance)
    }
    for _ in 0..<Self.rounds {
      let mean = posterior().mean
      weights = residuals.map {
        let z = ($0 - mean) / omega
        return min(1, (Self.degrees + 1) / (Self.degrees + z * z))
      }
    }
    (mean, variance) = posterior()
    self.weights = weights
  }

  /// The standard deviation of the offset.
  package var deviation: Double { variance.squareRoot() }

  /// Residuals that were taken for outliers.
  package var outliers: Int { weights.count { $0 < Self.outlierWeight } }
}
