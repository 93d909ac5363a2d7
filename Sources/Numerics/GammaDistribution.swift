// The gamma distribution with scale 1, by GSL.

import CGSL

/// The regularized lower incomplete gamma function: the probability of a value up to `value`.
///
/// - Precondition: `shape` > 0, and `value` is not negative.
package func regularizedGamma(shape: Double, _ value: Double) -> Double {
  precondition(
    returnsErrors && shape > 0 && value >= 0,
    "no gamma distribution has shape \(shape) at \(value)")
  return gsl_cdf_gamma_P(value, shape, 1)
}

/// The value up to which the distribution has a probability.
///
/// By Brent's method on the value's logarithm: GSL's own inverse gives NaN for low probabilities of
/// shapes below 0.5, and for shapes from a million on.
///
/// - Precondition: `shape` > 0, and 0 < `probability` < 1.
package func gammaQuantile(shape: Double, _ probability: Double) -> Double {
  precondition(
    returnsErrors && shape > 0 && probability > 0 && probability < 1,
    "no gamma distribution has shape \(shape) and a quantile for \(probability)")
  // The smaller tail keeps its digits.
  func excess(_ logarithm: Double) -> Double {
    probability < 0.5
      ? gsl_cdf_gamma_P(exponential(logarithm), shape, 1) - probability
      : 1 - probability - gsl_cdf_gamma_Q(exponential(logarithm), shape, 1)
  }
  // P(a, x) <= x^a / Gamma(a + 1): the quantile is no less than this.
  let low = (logarithm(probability) + logGamma(shape + 1)) / shape
  var high = max(low, logarithm(shape)) + 1
  while excess(high) < 0 { high += 1 }
  return exponential(root(from: low, to: high, of: excess) ?? low)
}
