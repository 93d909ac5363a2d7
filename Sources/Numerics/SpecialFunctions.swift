// Special functions of GSL in the ranges that the closed forms of checkpoints and lives need.

// GSL declares its methods as variables, but never changes them.
@preconcurrency import CGSL
import Glibc

/// exp(`value`) - 1 without loss near zero.
package func exponentialMinusOne(_ value: Double) -> Double { Glibc.expm1(value) }

/// The principal branch of Lambert's W: the w >= -1 with w exp(w) = `value`.
///
/// - Precondition: `value` is at least -1/e.
package func lambertW0(_ value: Double) -> Double {
  precondition(returnsErrors && value >= -0.367_879_441_171_442_4, "\(value) is below -1/e")
  return gsl_sf_lambert_W0(value)
}

/// 1 + W0(-exp(-1 - `x`)): the y in 0 ..< 1 with (1 - y) exp(y) = exp(-x).
///
/// Near the branch point the argument of W0 keeps too few digits of x; there the series in
/// p = sqrt(2 (1 - exp(-x))) answers (R. Corless et al., "On the Lambert W function", 1996,
/// equation 4.22), elsewhere one step of Newton's method mends W0.
///
/// - Precondition: `x` is not negative.
package func lambertWAboveBranch(_ x: Double) -> Double {
  precondition(x >= 0, "\(x) is negative")
  let p = (-2 * expm1(-x)).squareRoot()
  if p < 1e-3 { return p * (1 - p * (1 / 3 - p * (11 / 72 - p * (43 / 540 - p * 769 / 17280)))) }
  let y = 1 + lambertW0(-exp(-1 - x))
  return y == 1 ? y : y + (y + log1p(-y) + x) * (1 - y) / y
}

/// The first `count` points of Sobol's sequence in `[0, 1)`, each of `dimensions` coordinates, the
/// origin first.
///
/// - Precondition: 1 <= `dimensions` <= `sobolDimensions`.
package func sobolSequence(count: Int, dimensions: Int) -> [[Double]] {
  precondition((1...sobolDimensions).contains(dimensions), "\(dimensions) dimensions")
  guard count > 0, let generator = gsl_qrng_alloc(gsl_qrng_sobol, UInt32(dimensions)) else {
    return []
  }
  defer { gsl_qrng_free(generator) }
  var points = [[Double](repeating: 0, count: dimensions)]
  while points.count < count {
    var point = [Double](repeating: 0, count: dimensions)
    gsl_qrng_get(generator, &point)
    points.append(point)
  }
  return points
}

/// The most dimensions of GSL's Sobol sequence.
package let sobolDimensions = 40
