// The gamma distribution with scale 1, by GSL.

import CGSL

/// The regularized lower incomplete gamma function: the probability of a value up to `value`.
///
/// - Precondition: `shape` > 0, and `value` is not negative.
package func regularizedGamma(shape: Double, _ value: Double) -> Double {
  precondition(shape > 0 && value >= 0, "no gamma distribution has shape \(shape) at \(value)")
  return gsl_cdf_gamma_P(value, shape, 1)
}

/// The value up to which the distribution has a probability.
///
/// - Precondition: `shape` > 0, and 0 < `probability` < 1.
package func gammaQuantile(shape: Double, _ probability: Double) -> Double {
  precondition(
    shape > 0 && probability > 0 && probability < 1,
    "no gamma distribution has shape \(shape) and a quantile for \(probability)")
  return gsl_cdf_gamma_Pinv(probability, shape, 1)
}
