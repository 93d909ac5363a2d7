// Tails of errors: a Student-t whose scale and degrees of freedom come from errors of rows that
// were left out.

import Numerics
import Units

/// How errors of a class spread, in standard deviations of its predictions.
package struct ErrorTail: Hashable, Sendable {
  /// A factor on the standard deviation.
  package var scale: Double
  /// Degrees of freedom of Student's t.
  package var degrees: Double

  /// Degrees that are tried.
  static let candidates: [Double] = [1.5, 2, 2.5, 3, 4, 5, 7, 10, 15, 30, 100]
  /// Parameters are fitted to the row that is left out, so its error comes out smaller. Chosen on
  /// five random halves.
  static let refitScale = 1.12
  /// Of predictions that are borrowed from other series.
  package static let borrowed = ErrorTail(scale: 1.05, degrees: 5)

  /// Makes a tail of known scale and degrees of freedom.
  package init(scale: Double, degrees: Double) {
    self.scale = scale
    self.degrees = degrees
  }

  /// The tail whose 50 and 90 % quantiles fit those of standardised errors.
  init(fitting errors: [Double]) {
    let sizes = errors.map(abs)
    let (middle, outer) = (quantile(sizes, 0.5), quantile(sizes, 0.9))
    let ratio = naturalLogarithm(outer / middle)
    let quantiles = Self.candidates.map {
      (
        degrees: $0, middle: studentQuantile(0.75, degrees: $0),
        outer: studentQuantile(0.95, degrees: $0)
      )
    }
    var best = quantiles[0]
    var least = Double.infinity
    for candidate in quantiles {
      let distance = abs(naturalLogarithm(candidate.outer / candidate.middle) - ratio)
      if distance < least { (best, least) = (candidate, distance) }
    }
    degrees = best.degrees
    scale = (middle / best.middle * (outer / best.outer)).squareRoot()
  }

  /// A draw in standard deviations, from a uniform number: clipped at the 99 % interval, because a
  /// tail of two degrees of freedom has no variance.
  package func draw(_ uniform: Double) -> Double {
    scale * studentQuantile(min(0.995, max(0.005, uniform)), degrees: degrees)
  }

  /// Half of the width of the central interval with a probability, in standard deviations.
  package func halfWidth(_ probability: Double) -> Double {
    scale * studentQuantile((1 + probability) / 2, degrees: degrees)
  }
}
